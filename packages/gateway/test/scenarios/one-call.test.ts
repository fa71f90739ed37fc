import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { httpToolServer, startTestGateway, type TestGateway, toolServer } from './running-gateway.ts';
import { type Caller, call, modern, post, request, session, textOf } from './wire.ts';

/** A real server that speaks the legacy era only. */
const MEMORY = {
  id: 'memory',
  sharing: 'shared',
  transport: { kind: 'stdio', launch: { command: 'mcp-server-memory', args: [] } },
  effects: { read_graph: 'read' },
};

let gateway: TestGateway;
let writer: Caller;

beforeAll(async () => {
  gateway = await startTestGateway({ servers: [toolServer('local'), httpToolServer('remote'), MEMORY] });
  writer = { mcp: gateway.mcp, key: (await gateway.key({ name: 'a writer', roles: ['writer'] })).text };
});
afterAll(() => gateway.stop());

describe('one guarded call', () => {
  it.each(['2025-03-26', '2025-06-18', '2025-11-25'])(
    'passes in revision %s over stdio and over HTTP, recorded before and after',
    async (revision) => {
      const caller = await session(writer, revision);
      for (const server of ['local', 'remote']) {
        const told = await call(caller, 1, `${server}__echo`, { text: `hello ${revision}` });
        expect(textOf(told)).toContain(`hello ${revision}`);
        const [intent, outcome] = (await gateway.records(`server=${server}&tool=echo`)).slice(-2);
        expect(intent).toMatchObject({ record: { kind: 'intent', revision }, payload: { arguments: { text: `hello ${revision}` } } });
        expect(outcome).toMatchObject({ record: { kind: 'outcome', status: 'ok', intent: intent?.['index'] } });
      }
    },
  );

  it('passes in revision 2026-07-28 to a server of that era, and counts those that it cannot reach', async () => {
    const list = await modern(writer, 1, 'tools/list');
    const result = list.message?.['result'] as { tools: { name: string }[]; _meta: Record<string, unknown> };
    expect(result.tools.map((tool) => tool.name)).toContain('remote__echo');
    expect(result.tools.filter((tool) => tool.name.startsWith('memory__'))).toEqual([]);
    expect(result._meta['sallyport/unreachable']).toBe(1);
    for (const server of ['local', 'remote'])
      expect(textOf(await modern(writer, 2, 'tools/call', { name: `${server}__echo`, arguments: { text: 'modern' } }))).toContain('modern');
    expect((await modern(writer, 3, 'tools/call', { name: 'memory__read_graph', arguments: {} })).message).toMatchObject({
      error: { code: -32602 },
    });
  });

  it('lists and calls under the server’s own names on /mcp/SERVER', async () => {
    const one = await session({ ...writer, mcp: `${gateway.mcp}/local` });
    const list = (await post(one, request(1, 'tools/list'))).message?.['result'] as { tools: { name: string }[] };
    expect(list.tools.map((tool) => tool.name)).toContain('echo');
    expect(textOf(await call(one, 2, 'echo', { text: 'own name' }))).toContain('own name');
    expect((await call(one, 3, 'local__echo', {})).message).toMatchObject({ error: { code: -32602 } });
  });

  it('brings progress back under the client’s own token, before the result', async () => {
    const caller = await session(writer);
    for (const server of ['local', 'remote']) {
      const told = await call(caller, `p-${server}`, `${server}__progress`, { n: 3 }, { progressToken: 'mine' });
      expect(told.notifications.map((one) => one['params'])).toMatchObject(
        [1, 2, 3].map((progress) => ({ progressToken: 'mine', progress, total: 3 })),
      );
    }
  });

  it('ends a call when the client says so, and the server hears of it', async () => {
    const caller = await session(writer);
    const began = Date.now();
    const slow = call(caller, 'slow-1', 'local__slow', { n: 20_000 });
    await new Promise((resolve) => setTimeout(resolve, 800));
    await post(caller, { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 'slow-1' } });
    expect((await slow).message).toMatchObject({ error: { code: 49900 } });
    expect(Date.now() - began).toBeLessThan(10_000);
    expect((await gateway.records('tool=slow')).at(-1)).toMatchObject({ record: { kind: 'outcome', reason: 'gateway.cancelled' } });
  });

  it('refuses arguments that do not fit, in words a model can use, without forwarding', async () => {
    const caller = await session(writer);
    const told = await call(caller, 1, 'local__echo', { text: 7 });
    expect(told.message).toMatchObject({ result: { isError: true } });
    expect(textOf(told)).toMatch(/text.*string.*\(ref [0-9A-Z]{26}\)/);
  });
});
