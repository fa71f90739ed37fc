import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { silentLogger } from '../../src/base/log.ts';
import { SecretString } from '../../src/base/secret-string.ts';
import type { JsonObject } from '../../src/contracts/json.ts';
import { startGateway } from '../../src/main.ts';
import { type PostgresServer, startPostgres } from '../fixtures/postgres-server.ts';
import { startOptions, toolServer } from '../scenarios/running-gateway.ts';
import { type Caller, modern, textOf } from '../scenarios/wire.ts';
import { type SharedGateway, startShared } from './two-gateways.ts';

const SLOW = 60_000;
const WITHIN_A_SECOND = { timeout: 1000, interval: 20 };
const SECRET = 'upstream-credential-4711';

const tools = async (caller: Caller): Promise<readonly string[]> => {
  const list = await modern(caller, 1, 'tools/list');
  const result = list.message?.['result'] as JsonObject | undefined;
  return ((result?.['tools'] ?? []) as readonly JsonObject[]).map((tool) => String(tool['name']));
};

describe('two gateways on one PostgreSQL', () => {
  let server: PostgresServer;
  let url: string;
  let a: SharedGateway;
  let b: SharedGateway;

  beforeAll(async () => {
    server = await startPostgres();
    url = await server.database();
    const local = toolServer('local', { more: {} });
    const transport = local['transport'] as JsonObject;
    const launch = { ...(transport['launch'] as JsonObject), env: { UPSTREAM_TOKEN: SECRET } };
    a = await startShared(url, { servers: [{ ...local, transport: { ...transport, launch } }] });
    b = await startShared(url, {}, a.data);
  }, 120_000);
  afterAll(async () => {
    await b?.end();
    await a?.end();
    await server?.stop();
  });

  const on = (gateway: SharedGateway, key: string): Caller => ({ mcp: gateway.mcp, key });
  const status = async (gateway: SharedGateway, key: string) => (await modern(on(gateway, key), 1, 'tools/list')).status;

  test('a key that one makes works on the other, and is refused there within a second of being revoked', async () => {
    const key = await a.key({ name: 'shared', roles: ['reader'] });
    expect([await status(a, key.text), await status(b, key.text)]).toEqual([200, 200]);
    expect((await a.admin('POST', `/keys/${key.id}/revoke`)).status).toBe(200);
    await expect.poll(() => status(b, key.text), WITHIN_A_SECOND).toBe(401);
  });

  test('a key that a gateway refused as unknown is accepted once the other makes it', async () => {
    const before = await b.key({ name: 'before', roles: ['reader'] });
    expect(await status(a, `${before.text.slice(0, -1)}${before.text.endsWith('x') ? 'y' : 'x'}`)).toBe(401);
    expect(await status(a, before.text)).toBe(200);
  });

  test('a stream that listens on one ends within a second when the other revokes its key', async () => {
    const key = await a.key({ name: 'listener', roles: ['reader'] });
    const gone = new AbortController();
    const body = {
      jsonrpc: '2.0',
      id: 1,
      method: 'subscriptions/listen',
      params: { notifications: { toolsListChanged: true }, _meta: LISTEN },
    };
    const response = await fetch(b.mcp, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        authorization: `Bearer ${key.text}`,
        'mcp-protocol-version': '2026-07-28',
        'mcp-method': 'subscriptions/listen',
      },
      body: JSON.stringify(body),
      signal: gone.signal,
    });
    expect(response.status).toBe(200);
    const ended = response.text().then(() => Date.now());
    const began = Date.now();
    await a.admin('POST', `/keys/${key.id}/revoke`);
    expect((await ended) - began).toBeLessThan(2000);
  });

  test('a server that one registers is called on the other, and is gone there when it is removed', { timeout: SLOW }, async () => {
    const key = await a.key({ name: 'caller', roles: ['reader'] });
    expect(await a.admin('POST', '/servers', toolServer('added'))).toMatchObject({ status: 201, body: { id: 'added' } });
    await expect.poll(() => tools(on(b, key.text)), WITHIN_A_SECOND).toContain('added__echo');
    const told = await modern(on(b, key.text), 2, 'tools/call', { name: 'added__echo', arguments: { text: 'over there' } });
    expect(textOf(told)).toContain('over there');
    expect((await b.admin('DELETE', '/servers/added')).status).toBe(200);
    await expect.poll(() => tools(on(a, key.text)), WITHIN_A_SECOND).not.toContain('added__echo');
  });

  test('a grant that one gives holds on the other, and ends there when it is taken back', async () => {
    const key = await b.key({ name: 'granted', roles: ['reader'] });
    const given = await a.admin('POST', '/grants', { principal: key.principal, tool: 'local__destructive_0' });
    expect(given).toMatchObject({ status: 201, body: { tool: 'local__destructive_0' } });
    await expect.poll(() => tools(on(b, key.text)), WITHIN_A_SECOND).toContain('local__destructive_0');
    expect((await a.admin('DELETE', `/grants/${String(given.body['id'])}`)).status).toBe(200);
    await expect.poll(() => tools(on(b, key.text)), WITHIN_A_SECOND).not.toContain('local__destructive_0');
  });

  test('what was changed while the listening connection was cut holds once it is back', async () => {
    const [kept, ended] = [await a.key({ name: 'kept', roles: ['reader'] }), await a.key({ name: 'ended', roles: ['reader'] })];
    expect([await status(b, kept.text), await status(b, ended.text)]).toEqual([200, 200]);
    const client = new pg.Client(url);
    await client.connect();
    // In one transaction: the notice goes to nobody who listens.
    await client.query(`begin;
      select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name like '% listener';
      update api_key set revoked_at = 1, holds_name = 0 where id = '${ended.id}';
      commit`);
    await client.end();
    await expect.poll(() => status(b, ended.text), WITHIN_A_SECOND).toBe(401);
    expect(await status(b, kept.text)).toBe(200);
  });

  test('what both answer stands in one log, which either shows whole and verifies', async () => {
    const key = await a.key({ name: 'logged', roles: ['reader'] });
    for (const gateway of [a, b, a, b]) {
      const told = await modern(on(gateway, key.text), 1, 'tools/call', { name: 'local__read_0', arguments: {} });
      expect(told.message?.['result'], told.body).toMatchObject({ content: expect.anything() });
      expect(told.body).not.toContain('(ref ');
    }
    const read = async (gateway: SharedGateway) =>
      ((await gateway.admin('GET', `/log?limit=20&principal=${key.principal}`)).body['items'] as readonly JsonObject[]).map(
        ({ index }) => index,
      );
    const [one, other] = [await read(a), await read(b)];
    expect(one).toHaveLength(8);
    expect(other).toEqual(one);
    expect((await b.admin('GET', '/log/verify')).body).toMatchObject({ damage: null });
  });

  test('no credential of a server stands in the database in the clear', async () => {
    const client = new pg.Client(url);
    await client.connect();
    const { rows: names } = await client.query<{ name: string }>(
      `select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'`,
    );
    const texts: string[] = [];
    for (const { name } of names) {
      const { rows } = await client.query<{ row: string }>(`select encode(convert_to(t::text, 'UTF8'), 'escape') as row from ${name} t`);
      texts.push(...rows.map(({ row }) => row));
    }
    await client.end();
    expect(texts.length).toBeGreaterThan(20);
    const hex = Buffer.from(SECRET).toString('hex');
    expect(texts.filter((text) => text.includes(SECRET) || text.includes(hex))).toEqual([]);
  });

  test.each([
    ['without the key file of the others', null, 'vault.key_file_missing', 'Copy "keys"'],
    ['with a key file of its own', 'own', 'storage.wrong_key', 'other keys'],
    ['with the state of a gateway without PostgreSQL', 'state', 'storage.data_in_use', 'without PostgreSQL'],
  ])('a gateway %s does not start, and is told what to do', async (_name, with_, reason, words) => {
    const data = mkdtempSync(join(tmpdir(), 'sallyport-strange-'));
    if (with_ === 'state') writeFileSync(join(data, 'state.db'), '', { mode: 0o600 });
    if (with_ === 'own') {
      const alone = await startShared(await server.database());
      cpSync(join(alone.data, 'keys'), join(data, 'keys'));
      await alone.end();
    }
    const refused = await startGateway({ ...startOptions(data, silentLogger), storage: { kind: 'postgres', url: new SecretString(url) } });
    rmSync(data, { recursive: true, force: true });
    expect(refused).toMatchObject({ ok: false, reason, detail: expect.stringContaining(words) });
  });
});

const LISTEN = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
  'io.modelcontextprotocol/clientInfo': { name: 'scenario', version: '1' },
};
