import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway, toolServer } from './running-gateway.ts';
import { type Caller, call, modern, session } from './wire.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ servers: [toolServer('local')] });
});
afterAll(() => gateway.stop());

const standing = (caller: Caller): Promise<Response> =>
  fetch(caller.mcp, { headers: { ...caller.headers, accept: 'text/event-stream', authorization: `Bearer ${caller.key}` } });

describe('a key that is revoked', () => {
  it('ends its standing stream and is refused on the next request, in either era, while another key goes on', async () => {
    const lost = await gateway.key({ name: 'lost', roles: ['writer'] });
    const kept = await gateway.key({ name: 'kept', roles: ['writer'] });
    const one = await session({ mcp: gateway.mcp, key: lost.text });
    const other = await session({ mcp: gateway.mcp, key: kept.text });
    const stream = await standing(one);
    expect(stream.status).toBe(200);
    await gateway.admin('POST', `/keys/${lost.id}/revoke`);
    await expect(stream.text()).resolves.toBeTypeOf('string');
    expect((await call(one, 1, 'local__echo', { text: 'x' })).status).toBe(401);
    expect((await modern({ mcp: gateway.mcp, key: lost.text }, 1, 'tools/list')).status).toBe(401);
    expect((await call(other, 1, 'local__echo', { text: 'x' })).status).toBe(200);
  });
});

describe('progress', () => {
  it('of two principals with one token and one id reaches each its own, and nobody else', async () => {
    const callers = await Promise.all(
      ['p-one', 'p-two'].map(async (name) => session({ mcp: gateway.mcp, key: (await gateway.key({ name, roles: ['writer'] })).text })),
    );
    const told = await Promise.all(
      callers.map((caller, i) => call(caller, 'same', 'local__progress', { n: 3 + i }, { progressToken: 'token' })),
    );
    for (const [i, one] of told.entries())
      expect(one.notifications.map((note) => note['params'])).toMatchObject(
        Array.from({ length: 3 + i }, (_, k) => ({ progressToken: 'token', progress: k + 1, total: 3 + i })),
      );
  });
});
