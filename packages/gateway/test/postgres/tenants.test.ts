import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/contracts/json.ts';
import { type PostgresServer, startPostgres } from '../fixtures/postgres-server.ts';
import { toolServer } from '../scenarios/running-gateway.ts';
import { type Caller, modern, textOf } from '../scenarios/wire.ts';
import { type SharedGateway, startShared } from './two-gateways.ts';

const SCOPES = [{ server: '*', tool: '*' }];
const SOON = { timeout: 5000, interval: 50 };

describe('a tenant of two gateways on one PostgreSQL', () => {
  let server: PostgresServer;
  let a: SharedGateway;
  let b: SharedGateway;
  beforeAll(async () => {
    server = await startPostgres();
    const url = await server.database();
    a = await startShared(url, { servers: [toolServer('local')] });
    b = await startShared(url, {}, a.data);
  }, 120_000);
  afterAll(async () => {
    await b?.end();
    await a?.end();
    await server?.stop();
  });

  test('is made at one of them and served by both; what one of them changes of it holds at the other, and nothing of the default tenant changes', async () => {
    const acme = async (path: string, body: unknown): Promise<JsonObject> => {
      const told = await a.admin('POST', path, body);
      if (told.status >= 300) throw new Error(JSON.stringify(told.body));
      return told.body;
    };
    await acme('/tenants', { id: 'acme', title: 'Acme' });
    const key = String((await acme('/tenants/acme/keys', { name: 'writer', roles: ['writer', 'admin'], scopes: SCOPES }))['secret']);
    await acme('/tenants/acme/servers', toolServer('files'));
    const echo = async ({ mcp }: SharedGateway): Promise<string> => {
      const caller: Caller = { mcp, key };
      return textOf(await modern(caller, 1, 'tools/call', { name: 'files__echo', arguments: { text: 'theirs' } }));
    };
    expect(await echo(a)).toBe('{"text":"theirs"}');
    await expect.poll(() => echo(b), SOON).toBe('{"text":"theirs"}');
    const limited = await fetch(`${b.running.adminUrl}/api/v1/servers/files/limits`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ limits: { callsPerMinute: 1 } }),
    });
    expect(limited.status).toBe(200);
    await expect.poll(() => echo(a), SOON).toContain('takes 1 a minute');
    expect((await b.admin('GET', '/servers')).body['items']).toMatchObject([{ id: 'local' }]);
    expect((await b.admin('GET', '/tenants')).body['items']).toMatchObject([{ id: 'acme' }]);
  }, 60_000);
});
