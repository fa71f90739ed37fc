import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { demoSeed } from '../../src/cli/demo-seed.ts';
import { httpToolServer, startTestGateway, type TestGateway } from './running-gateway.ts';
import { SDK_CLIENTS, type SdkClient } from './sdk-client.ts';

const WIDE = 130;

let data: string;
let gateway: TestGateway;
let key: string;

beforeAll(async () => {
  data = mkdtempSync(join(tmpdir(), 'sallyport-sdk-'));
  const demo = demoSeed(data);
  const wide = httpToolServer('wide', { tools: { read: WIDE, write: 0, destructive: 1 } });
  gateway = await startTestGateway({ data, start: { seed: { ...demo, servers: [...demo.servers, wide] } } });
  key = gateway.running.clientKey?.reveal() ?? '';
});
afterAll(async () => {
  await gateway.stop();
  rmSync(data, { recursive: true, force: true });
});

const until = async (isSo: () => boolean): Promise<void> => {
  for (const deadline = Date.now() + 10_000; !isSo() && Date.now() < deadline; ) await sleep(20);
  expect(isSo()).toBe(true);
};

const LANES = [
  ['sdk 1.32.2', 'legacy', '2025-11-25'],
  ['client 2.4.0 legacy', 'legacy', '2025-11-25'],
  ['client 2.4.0 auto', 'modern', '2026-07-28'],
  ['client 2.4.0 pinned to 2026-07-28', 'modern', '2026-07-28'],
] as const;

describe.each(LANES)('%s', (name, era, revision) => {
  const legacy = era === 'legacy';
  let client: SdkClient;
  beforeAll(async () => {
    client = await SDK_CLIENTS[name]({ mcp: gateway.mcp, key });
  });
  afterAll(() => client.end());

  it(`speaks ${revision}`, () => expect(client.revision).toBe(revision));

  it('lists what its key may discover and its era can reach, over several pages', async () => {
    const { names, pages } = await client.list();
    if (pages !== null) expect(pages).toBeGreaterThan(1);
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((tool) => tool.startsWith('wide__read_'))).toHaveLength(WIDE);
    expect(names).toContain('dbhub__execute_sql');
    expect(names).not.toContain('wide__destructive_0');
    expect(names).not.toContain('files__move_file');
    expect(['everything__echo', 'files__read_text_file', 'memory__read_graph'].map((tool) => names.includes(tool))).toEqual(
      legacy ? [true, true, true] : [false, false, false],
    );
  });

  it('reads a database through the grant of its key', async () => {
    const { text, isError } = await client.call('dbhub__execute_sql', { sql: 'select count(*) as n from employee' });
    expect(isError).toBe(false);
    expect(text).toMatch(/"n":\s*\d+/);
  });

  if (legacy)
    it('calls each of the local servers', async () => {
      expect((await client.call('everything__echo', { message: 'hello' })).text).toBe('Echo: hello');
      expect((await client.call('files__read_text_file', { path: join(data, 'sample', 'notes.md') })).text).toContain('# Notes');
      const entity = { name: `from ${name}`, entityType: 'client', observations: ['was here'] };
      expect((await client.call('memory__create_entities', { entities: [entity] })).isError).toBe(false);
      expect((await client.call('memory__read_graph', {})).text).toContain(`from ${name}`);
      expect(readFileSync(join(data, 'memory.jsonl'), 'utf8')).toContain(`from ${name}`);
    });

  it('gets a hidden tool and an unknown one answered alike', async () => {
    const answers = await Promise.allSettled(['wide__destructive_0', 'wide__no_such_tool'].map((tool) => client.call(tool, {})));
    const [hidden, unknown] = answers.map((answer) =>
      answer.status === 'rejected' ? String(answer.reason) : JSON.stringify(answer.value),
    );
    const bare = (text: string | undefined) => text?.replace(/[0-9A-Z]{26}|wide__\w+/g, '');
    expect(bare(hidden)).toBe(bare(unknown));
    expect(bare(hidden)).not.toBeUndefined();
  });

  it('gets wrong arguments explained', async () => {
    expect(await client.call('wide__echo', { text: 7 })).toMatchObject({ isError: true, text: expect.stringContaining('string') });
  });

  it('sees progress before the result', async () => {
    const seen: number[] = [];
    await client.call('wide__progress', { n: 3 }, { onprogress: ({ progress }) => void seen.push(progress) });
    expect(seen).toEqual([1, 2, 3]);
  });

  it('cancels a call, and the next one is served', async () => {
    const abort = new AbortController();
    const began = Date.now();
    const call = client.call('wide__slow', { n: 30_000 }, { signal: abort.signal });
    setTimeout(() => abort.abort('enough'), 300);
    await expect(call).rejects.toThrow();
    await until(() => gateway.running.status().inFlight === 0);
    expect(Date.now() - began).toBeLessThan(10_000);
    expect((await client.call('wide__echo', { text: 'next' })).text).toContain('next');
  });

  it('gets log messages from the level that it set', async () => {
    await client.setLevel('warning');
    await client.call('wide__log', { text: `quiet ${name}` });
    await client.setLevel('info');
    await client.call('wide__log', { text: `loud ${name}` });
    await until(() => client.logged.some((message) => message.data === `loud ${name}`));
    expect(client.logged.map((message) => message.data)).not.toContain(`quiet ${name}`);
  });

  it('hears that a list changed, and finds the new tools', async () => {
    await client.listen();
    const before = client.listChanges();
    const id = `late-${LANES.findIndex(([lane]) => lane === name)}`;
    const made = await gateway.admin('POST', '/servers', httpToolServer(id, { tools: { read: 1, write: 0, destructive: 0 } }));
    expect(made.status).toBe(201);
    await until(() => client.listChanges() > before);
    expect((await client.list()).names).toContain(`${id}__read_0`);
  });

  if (legacy)
    it('answers a ping', async () => {
      await expect(client.ping()).resolves.toBeDefined();
    });

  it('leaves nothing open when it ends', async () => {
    const before = gateway.running.status();
    const other = await SDK_CLIENTS[name]({ mcp: gateway.mcp, key });
    await other.listen();
    if (legacy) expect(gateway.running.status().sessions).toBe(before.sessions + 1);
    else await until(() => gateway.running.status().listens === before.listens + 1);
    await other.end();
    await until(() => {
      const { sessions, listens } = gateway.running.status();
      return sessions === before.sessions && listens === before.listens;
    });
  });
});

describe('a client with a key that does not work', () => {
  it.each(Object.entries(SDK_CLIENTS))('%s is told so at once', async (_name, connect) => {
    await expect(connect({ mcp: gateway.mcp, key: `${key.slice(0, -1)}_` })).rejects.toThrow(/401|nauthorized/);
  });
});
