import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway, toolServer } from '../scenarios/running-gateway.ts';
import { SDK_CLIENTS } from '../scenarios/sdk-client.ts';
import { ENTRY } from './stdio-end.ts';

let gateway: TestGateway;
let key: string;
let empty: string;

beforeAll(async () => {
  gateway = await startTestGateway({ servers: [toolServer('tools')] });
  key = gateway.running.clientKey?.reveal() ?? '';
  empty = mkdtempSync(join(tmpdir(), 'sallyport-clients-'));
});
afterAll(async () => {
  await gateway.stop();
  rmSync(empty, { recursive: true, force: true });
});

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

const run = (...args: readonly string[]): Promise<Ended> =>
  new Promise((resolve) => {
    const env = { PATH: process.env['PATH'] ?? '' };
    const child = execFile(process.execPath, [ENTRY, ...args], { timeout: 30_000, env, cwd: tmpdir() }, (_error, out, err) =>
      resolve({ code: child.exitCode ?? -1, out, err }),
    );
  });

describe('sallyport clients', () => {
  it('prints in a pipe what a client reads: Claude Desktop starts it, and it works', async () => {
    const { out, code } = await run('--data', gateway.data, 'clients', 'claude-desktop');
    expect([code, out.includes(key)]).toEqual([0, false]);
    const { sallyport } = JSON.parse(out).mcpServers;
    const client = await SDK_CLIENTS['sdk 1.32.2'](sallyport);
    expect((await client.list()).names).toContain('tools__echo');
    await client.end();
  });

  it('prints the endpoint and the kept key for a client that speaks HTTP, and they work', async () => {
    const { sallyport } = JSON.parse((await run('--data', gateway.data, 'clients', 'cursor')).out).mcpServers;
    expect(sallyport.headers.Authorization).toBe(`Bearer ${key}`);
    const client = await SDK_CLIENTS['client 2.4.0 auto']({ mcp: sallyport.url, key });
    expect((await client.list()).names).toContain('tools__echo');
    await client.end();
  });

  it('prints each client as an object with --json, none with a key under --stdio', async () => {
    const items = JSON.parse((await run('--data', empty, '--key-file', './my.key', 'clients', '--stdio', '--json')).out);
    expect(items.map(({ client }: { readonly client: string }) => client)).toContain('zed');
    for (const item of items) {
      expect(item).toMatchObject({ place: expect.any(String), text: expect.any(String), source: expect.stringContaining('https://') });
      expect(item.text).toContain(join(tmpdir(), 'my.key'));
    }
  });

  it('says what to do where no key is kept: a word stands in its place', async () => {
    const { out, err, code } = await run('--data', empty, '--url', 'https://gateway.example', 'clients', 'zed');
    expect(JSON.parse(out).context_servers.sallyport).toEqual({
      url: 'https://gateway.example/mcp',
      headers: { Authorization: 'Bearer YOUR_KEY' },
    });
    expect([code, err.includes('sallyport keys create')]).toEqual([0, true]);
  });

  it.each([
    [2, 'No client emacs is known', (): readonly string[] => ['--data', gateway.data, 'clients', 'emacs']],
    [3, 'No Sallyport runs with this data directory', (): readonly string[] => ['--data', empty, 'clients', 'zed']],
    [3, 'There is no data directory', (): readonly string[] => ['--data', join(empty, 'none'), 'clients', 'zed']],
    [2, '--url takes', (): readonly string[] => ['--data', gateway.data, '--url', 'http://gateway.example', 'clients']],
  ] as const)('exit %i: %s', async (code, text, args) => {
    const ended = await run(...args());
    expect([ended.code, ended.out]).toEqual([code, '']);
    expect(ended.err).toContain(text);
  });
});
