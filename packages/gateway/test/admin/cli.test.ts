import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ENTRY = join(import.meta.dirname, '../../src/cli/sallyport.ts');

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

let folder: string;
let data: string;
let server: ChildProcess;
let firstLine: string;

const run = (...args: readonly string[]): Promise<Ended> =>
  new Promise((resolve) => {
    const where = args.includes('--data') ? [] : ['--data', data];
    const child = execFile(process.execPath, [ENTRY, ...where, ...args], { timeout: 30_000 }, (_error, out, err) =>
      resolve({ code: child.exitCode ?? -1, out, err }),
    );
    child.stdin?.end();
  });

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-cli-'));
  data = join(folder, 'data');
  const env = { ...process.env };
  delete env['npm_lifecycle_event'];
  server = spawn(process.execPath, [ENTRY, '--data', data, 'serve', '--port', '0'], { stdio: ['ignore', 'pipe', 'ignore'], env });
  if (server.stdout === null) throw new Error('no output');
  const [line] = await once(createInterface({ input: server.stdout }), 'line');
  firstLine = String(line);
});

afterAll(async () => {
  if (server.exitCode === null) {
    server.kill('SIGTERM');
    await once(server, 'exit');
  }
  rmSync(folder, { recursive: true, force: true });
});

describe('the command line against a running gateway', () => {
  it('serve prints one line without a key', () => {
    const parsed = JSON.parse(firstLine);
    expect(Object.keys(parsed)).toEqual(['mcp', 'console', 'data']);
    expect(parsed.data).toBe(data);
  });

  it('makes, lists, rotates and revokes a key, each by the id that the command before printed', async () => {
    const made = JSON.parse((await run('keys', 'create', 'ann', '--role', 'auditor', '--scope', '*/*', '--json')).out);
    const listed = JSON.parse((await run('keys', 'list', '--json')).out);
    expect(listed.map((key: { readonly id: string }) => key.id)).toContain(made.id);
    const rotated = JSON.parse((await run('keys', 'rotate', made.id, '--json')).out);
    expect(rotated).toMatchObject({ name: 'ann', principal: made.principal, state: 'live' });
    expect((await run('keys', 'revoke', rotated.id)).out).toContain(`Revoked ${rotated.id} (ann)`);
  });

  it('adds and removes a grant', async () => {
    const [admin] = JSON.parse((await run('keys', 'list', '--json')).out);
    const added = JSON.parse((await run('grants', 'add', admin.principal, 'files__move_file', '--json')).out);
    expect((await run('grants', 'list')).out).toContain(`${added.id}\t${admin.principal}\tfiles__move_file`);
    expect((await run('grants', 'remove', added.id)).code).toBe(0);
  });

  it('looks up in the log what a refusal named', async () => {
    const refused = await run('keys', 'revoke', 'key_none', '--json');
    const { error } = JSON.parse(refused.err);
    expect([refused.code, error.reason]).toEqual([1, 'identity.key_unknown']);
    const found = await run('log', 'show', error.ref);
    expect(found.out).toContain('identity.key.revoked key_none');
    expect(found.out).toContain('first-admin');
  });

  it('verifies the log and shows how the gateway stands', async () => {
    expect(await run('log', 'verify')).toMatchObject({ code: 0, out: expect.stringContaining('The log is what was written') });
    expect(await run('status')).toMatchObject({ code: 0, out: expect.stringContaining('journal\twritable') });
  });

  it('writes nothing to a pipe that a terminal would obey', async () => {
    for (const args of [['status'], ['keys', 'list'], ['log', 'query']]) expect((await run(...args)).out).not.toContain('\u001b');
  });

  it.each([
    [['bogus'], 2, "unknown command 'bogus'"],
    [['keys', 'create', 'x', '--role', 'reader'], 2, '--scope'],
    [['keys', 'create', 'x', '--role', 'reader', '--scope', 'files'], 2, 'SERVER/TOOL'],
    [['keys', 'create', 'x', '--role', 'king', '--scope', '*/*'], 1, 'body.roles.0'],
    [['log', 'show', '123'], 2, 'is no ref'],
    [['log', 'query', '--since', 'yesterday'], 2, '--since yesterday'],
    [['servers', 'add', '/nowhere.json'], 2, 'cannot be read (ENOENT)'],
    [['servers', 'show', 'none'], 1, 'registry.server_unknown'],
    [['status', '--url', 'http://example.com'], 2, '--url takes https://'],
    [['status', '--data', '/nowhere/at/all'], 3, 'sallyport serve --data /nowhere/at/all'],
    [['serve', '--port', 'x'], 2, 'a port is a number'],
    [['serve', '--port', '0'], 3, 'storage.data_in_use'],
  ] as const)('%j exits %i and says what to do', async (args, code, text) => {
    const ended = await run(...args);
    expect([ended.code, ended.err]).toEqual([code, expect.stringContaining(text)]);
    expect(ended.err).not.toMatch(/\.ts:\d|node:internal/);
  });

  it('drains and exits 0 when it is told to end; then the CLI says that nobody answers', async () => {
    server.kill('SIGINT');
    const [code] = await once(server, 'exit');
    expect(code).toBe(0);
    expect(await run('status')).toMatchObject({ code: 3, err: expect.stringContaining('No Sallyport answers at') });
    expect(readFileSync(join(data, 'admin.key'), 'utf8')).toMatch(/^sp_/);
  });
});
