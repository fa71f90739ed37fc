import { closeSync, mkdtempSync, openSync, readdirSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/contracts/json.ts';
import { startTestGateway, type TestGateway, toolServer } from './running-gateway.ts';
import { type Caller, modern, textOf } from './wire.ts';

const data = mkdtempSync(join(tmpdir(), 'sallyport-tenants-'));
const SCOPES = [{ server: '*', tool: '*' }];
let gateway: TestGateway | null = null;
afterEach(async () => {
  await gateway?.stop();
  rmSync(data, { recursive: true, force: true });
});

const start = async (): Promise<TestGateway> => {
  gateway = await startTestGateway({ data, servers: [toolServer('local')] });
  return gateway;
};
const echo = async (caller: Caller): Promise<string> =>
  textOf(await modern(caller, 1, 'tools/call', { name: 'files__echo', arguments: { text: 'theirs' } }));
const keyOf = (body: JsonObject): string => String(body['secret']);

describe('a tenant', () => {
  it('stands after a restart as it stood before: its keys, its servers, its settings and its history', async () => {
    const first = await start();
    expect((await first.admin('POST', '/tenants', { id: 'acme', title: 'Acme' })).status).toBe(201);
    const made = await first.admin('POST', '/tenants/acme/keys', { name: 'writer', roles: ['writer', 'admin'], scopes: SCOPES });
    const key = keyOf(made.body);
    // Before it has a server there is nothing to be seen, of the default tenant's least of all.
    const bare = await modern({ mcp: first.mcp, key }, 1, 'tools/list');
    expect(bare.message).toMatchObject({ result: { tools: [] } });
    expect((await first.admin('POST', '/tenants/acme/servers', toolServer('files'))).status).toBe(201);
    expect(await echo({ mcp: first.mcp, key })).toBe('{"text":"theirs"}');
    await first.stop();
    const second = await start();
    expect(await echo({ mcp: second.mcp, key })).toBe('{"text":"theirs"}');
    const versions = await fetch(`${second.running.adminUrl}/api/v1/config/versions`, { headers: { authorization: `Bearer ${key}` } });
    const items = ((await versions.json()) as { readonly items: readonly JsonObject[] }).items;
    expect(items.map(({ cause }) => cause)).toEqual(['registry.tenant.server_registered', 'identity.tenant.created']);
    expect((await second.admin('GET', '/servers')).body['items']).toMatchObject([{ id: 'local' }]);
    await second.stop();
    gateway = null;
  }, 60_000);

  it('has a log that the operator verifies with the others, and finds damaged where it is; the tenant learns of no other', async () => {
    const running = await start();
    await running.admin('POST', '/tenants', { id: 'beta', title: 'Beta' });
    const made = await running.admin('POST', '/tenants/beta/keys', { name: 'auditor', roles: ['auditor'], scopes: SCOPES });
    const verify = async (): Promise<JsonObject> => (await running.admin('GET', '/log/verify')).body;
    const betaIn = ({ tenants }: JsonObject) => (tenants as readonly JsonObject[]).find(({ log }) => log === 'beta');
    const whole = await verify();
    expect([whole['damage'], betaIn(whole)]).toMatchObject([null, { damage: null }]);
    expect(Number(betaIn(whole)?.['records'])).toBeGreaterThan(0);
    const own = await fetch(`${running.running.adminUrl}/api/v1/log/verify`, { headers: { authorization: `Bearer ${keyOf(made.body)}` } });
    expect(await own.json()).toMatchObject({ log: 'beta', tenants: [] });
    const folder = join(data, 'journal', 'beta');
    const segment = join(folder, readdirSync(folder).find((name) => statSync(join(folder, name)).size > 300) ?? '');
    const file = openSync(segment, 'r+');
    writeSync(file, Buffer.from([0xff, 0xff, 0xff]), 0, 3, 250);
    closeSync(file);
    const found = await verify();
    expect([found['damage'], betaIn(found)]).toMatchObject([null, { damage: expect.stringContaining('record') }]);
  }, 60_000);
});
