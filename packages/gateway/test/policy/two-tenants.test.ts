import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/contracts/json.ts';
import { type Caller, modern, textOf } from '../scenarios/wire.ts';
import { runTenants } from './run-tenants.ts';
import { startTwoTenants, type TenantSide, type TwoTenants } from './two-tenants.ts';

let two: TwoTenants;
beforeAll(async () => {
  two = await startTwoTenants();
}, 90_000);
afterAll(() => two.stop());

const callerOf = (side: TenantSide, name: string): Caller => ({
  mcp: side.mcp,
  key: side.callers.find(({ caller }) => caller === name)?.key ?? '',
});
const call = async (caller: Caller, name: string, text: string): Promise<string> =>
  textOf(await modern(caller, 1, 'tools/call', { name, arguments: { text } }));

describe('two tenants of one gateway', () => {
  it('answer each other as if nothing of the other had ever been, byte for byte, on the wire and over the API', async () => {
    const cells = await runTenants(two);
    console.log(`two tenants: ${cells.count} cells, ${cells.refused.size} refusals, each in the log of who asked and in no other`);
    expect(cells.mismatches.slice(0, 40)).toEqual([]);
    expect(cells.count).toBeGreaterThan(2500);
  }, 300_000);

  it('each reach their own server under an id that both have, and record it in their own log', async () => {
    for (const side of [two.one, two.two]) {
      const writer = callerOf(side, 'writer');
      expect(await call(writer, 'files__echo', `said by ${side.tenant}`)).toContain(`said by ${side.tenant}`);
      expect(await call(writer, `${side.server}__destructive_0`, 'granted')).toContain('granted');
    }
    for (const [own, other] of [
      [two.one, two.two],
      [two.two, two.one],
    ] as const) {
      expect(own.forwarded().filter((line) => line.includes(`said by ${own.tenant}`))).toHaveLength(1);
      expect(own.forwarded().join()).not.toContain(`said by ${other.tenant}`);
      const log = JSON.stringify(await own.records());
      expect(log).toContain(`said by ${own.tenant}`);
      expect(log).not.toContain(`said by ${other.tenant}`);
    }
  });

  it('count their servers apart, though they have one id', async () => {
    const { text } = await two.gateway.key({ name: 'scrape', roles: ['monitor'] });
    const scrape = async (server: string): Promise<number> => {
      const told = await fetch(`${two.one.admin}/metrics`, { headers: { authorization: `Bearer ${text}` } });
      return Number(
        new RegExp(`^sallyport_server_calls_total\\{server="${server}",status="ok"\\} (\\d+)`, 'm').exec(await told.text())?.[1],
      );
    };
    const before = [await scrape('files'), await scrape('acme/files')];
    for (let i = 0; i < 3; i++) await call(callerOf(two.two, 'writer'), 'files__echo', 'x');
    expect([await scrape('files'), await scrape('acme/files')]).toEqual([before[0], (before[1] ?? 0) + 3]);
  });

  it('limit the servers that they have, and leave those of the other as they are', async () => {
    const limits = { tools: { echo: { callsPerMinute: 1 } } };
    expect((await two.two.ask('POST', '/servers/files/limits', { limits })).status).toBe(200);
    const told = [two.two, two.two, two.one, two.one].map((side) => call(callerOf(side, 'writer'), 'files__echo', 'once'));
    expect((await Promise.all(told)).map((text) => text.includes('1 a minute'))).toEqual([
      expect.any(Boolean),
      expect.any(Boolean),
      false,
      false,
    ]);
    expect((await Promise.all(told)).filter((text) => text.includes('1 a minute'))).toHaveLength(1);
    expect((await two.one.ask('GET', '/servers/files')).body['limits']).toBeNull();
  });

  it('are made by the operator only, once, with an id that can be one', async () => {
    const { admin } = two.gateway;
    expect((await admin('POST', '/tenants', { id: 'acme', title: 'Again' })).status).toBe(409);
    expect((await admin('POST', '/tenants', { id: 'default', title: 'x' })).status).toBe(409);
    expect((await admin('POST', '/tenants', { id: '../etc', title: 'x' })).status).toBe(400);
    const key = { name: 'x', roles: ['admin'], scopes: [{ server: '*', tool: '*' }] };
    expect((await admin('POST', '/tenants/nobody/keys', key)).status).toBe(404);
    expect((await admin('POST', '/tenants/default/keys', key)).status).toBe(404);
    expect(((await admin('GET', '/tenants')).body['items'] as readonly JsonObject[]).map(({ id }) => id)).toEqual(['acme']);
  });

  it('read in their own log what the operator did for them', async () => {
    const actions = (await two.two.records()).map(({ record }) => (record as JsonObject)['action']);
    expect(actions.filter((action) => action === 'identity.tenant.key_made')).toHaveLength(1);
    expect(actions.filter((action) => action === 'registry.tenant.server_made')).toHaveLength(3);
  });

  it('stay apart after the end of a key: one that is revoked lets nobody in, and the other tenant goes on', async () => {
    const reader = two.two.ids.key;
    expect((await two.two.ask('POST', `/keys/${reader}/revoke`)).status).toBe(200);
    expect((await modern(callerOf(two.two, 'reader'), 1, 'tools/list')).status).toBe(401);
    expect((await modern(callerOf(two.one, 'reader'), 1, 'tools/list')).status).toBe(200);
  });
});
