import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { random } from '../../src/base/bytes.ts';
import { systemClock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/log.ts';
import type { JsonObject } from '../../src/contracts/json.ts';
import { openStorage } from '../../src/storage/index.ts';
import { openVault } from '../../src/vault/index.ts';
import { openStand, type Stand } from './bad-stand.ts';
import { bareAsk, loopback } from './bare-socket.ts';
import { BOTH, call, post, request } from './wire.ts';

let stand: Stand;
const printed: string[] = [];
beforeAll(async () => {
  for (const stream of [process.stdout, process.stderr]) {
    const write = stream.write.bind(stream);
    vi.spyOn(stream, 'write').mockImplementation((...all: Parameters<typeof write>) => {
      printed.push(String(all[0]));
      return write(...all);
    });
  }
  stand = await openStand();
});
afterAll(async () => {
  vi.restoreAllMocks();
  await stand.stop();
});

const reasonsSince = async (since: number): Promise<readonly string[]> =>
  (await stand.gateway.records(`since=${since}`)).flatMap((one) => {
    const record = one['record'] as JsonObject;
    return record['via'] === 'mcp' ? [`${String(record['kind'])} ${String(record['reason'] ?? record['status'])}`] : [];
  });

async function whereIs(canaries: readonly string[]): Promise<readonly string[]> {
  const files = (dir: string): readonly string[] =>
    readdirSync(dir).flatMap((name) =>
      statSync(join(dir, name)).isDirectory() ? files(join(dir, name)) : statSync(join(dir, name)).isFile() ? [join(dir, name)] : [],
    );
  const sinks: (readonly [string, string])[] = files(stand.gateway.data)
    .filter((file) => !file.endsWith('.key'))
    .map((file) => [file, readFileSync(file, 'latin1')] as const);
  sinks.push(
    ['log', JSON.stringify(stand.gateway.log)],
    ['printed', printed.join('')],
    ['records', JSON.stringify(await stand.gateway.records())],
  );
  return sinks.flatMap(([where, text]) => canaries.filter((canary) => text.includes(canary)).map((canary) => `${canary} in ${where}`));
}

/** All that is stored, decrypted: a copy of the data directory is opened with its own keys. */
async function everyRow(): Promise<string> {
  const copy = mkdtempSync(join(tmpdir(), 'sallyport-copy-'));
  cpSync(stand.gateway.data, copy, { recursive: true, filter: (from) => statSync(from).isFile() || statSync(from).isDirectory() });
  const vault = openVault({ file: join(copy, 'keys'), create: false, random });
  if (!vault.ok) throw new Error(vault.reason);
  const storage = await openStorage({ dir: copy, key: vault.value.stateKey(), clock: systemClock, log: silentLogger });
  if (!storage.ok) throw new Error(storage.reason);
  const db = storage.value.queries();
  const tables = (await sql<{ name: string }>`select name from sqlite_master where type = 'table'`.execute(db)).rows;
  const rows = await Promise.all(tables.map(({ name }) => sql`select * from ${sql.table(name)}`.execute(db)));
  await storage.value.close();
  await vault.value.close();
  rmSync(copy, { recursive: true, force: true });
  return JSON.stringify(rows.map((table) => table.rows));
}

describe('attempts to authenticate', () => {
  it('are recorded, thirty of them, each once with its outcome and reason, and no key is found in any sink [R2-057 partial: ways of signing in other than keys]', async () => {
    const { gateway } = stand;
    const good = await gateway.key({ name: 'good', roles: ['reader'] });
    const revoked = await gateway.key({ name: 'revoked', roles: ['reader'] });
    const local = await gateway.key({ name: 'local', roles: ['reader'], networks: ['127.0.0.2/32', '::1/128'] });
    const made = good.text.slice(0, -4);
    await gateway.admin('POST', `/keys/${revoked.id}/revoke`);
    const host = new URL(gateway.mcp).host;
    const body = '{"jsonrpc":"2.0","id":1,"method":"ping"}';
    const attempt = (from: number, authorization: string | null, path = '/mcp', origin: string | null = null) =>
      bareAsk({
        url: gateway.mcp,
        path,
        from,
        body: [body],
        headers: [
          ['host', host],
          ['content-type', 'application/json'],
          ['accept', 'application/json, text/event-stream'],
          ['content-length', String(body.length)],
          ...(authorization === null ? [] : ([['authorization', authorization]] as const)),
          ...(origin === null ? [] : ([['origin', origin]] as const)),
        ],
      });
    const failures: readonly (readonly [string | null, string, number, string?])[] = [
      [null, 'identity.credential_missing', 401],
      ['Basic Y2FuYXJ5OmNhbmFyeS1wYXNzd29yZA==', 'identity.credential_malformed', 401],
      ['Bearer canary-token-that-is-no-key', 'identity.credential_malformed', 401],
      [`Bearer ${made}`, 'identity.credential_malformed', 401],
      [`Bearer ${revoked.text}`, 'identity.credential_revoked', 401],
      [`Bearer ${local.text}`, 'identity.address_not_allowed', 401],
      [null, 'identity.credential_in_url', 400, `/mcp?api_key=canary-in-the-query`],
    ];
    const since = Date.now();
    const expected: string[] = [];
    for (let i = 0; i < 21; i++) {
      const [authorization, reason, status, path] = failures[i % failures.length] as (typeof failures)[number];
      expect((await attempt(20 + i, authorization, path)).status).toBe(status);
      expected.push(`refusal ${reason}`);
    }
    for (let i = 0; i < 9; i++) {
      const begun = await post(
        { mcp: gateway.mcp, key: good.text },
        request(1, 'initialize', { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'c', version: '1' } }),
      );
      expect(begun.status).toBe(200);
      expected.push('answer ok');
    }
    expect(await reasonsSince(since)).toEqual(expected);
    const canaries = [good.text, revoked.text, local.text, made, 'canary-token', 'canary-in-the-query', 'Y2FuYXJ5', 'canary-password'];
    expect(await whereIs(canaries)).toEqual([]);
    const rows = await everyRow();
    expect(rows).toContain(good.id);
    for (const canary of canaries.map((text) => (text.startsWith('sp_') ? text.slice(3, 46) : text)))
      expect(rows.includes(canary), canary).toBe(false);
  });

  it('name the key of a success and the address of a failure', async () => {
    await call(stand.legacy, 1, 'local__echo', { text: 'x' });
    const [intent] = await stand.gateway.records('kind=intent');
    expect(intent).toMatchObject({ record: { principal: expect.stringMatching(/./), credential: expect.stringMatching(/./) } });
    const refused = await stand.gateway.records('reason=identity.credential_missing');
    expect(refused.at(-1)).toMatchObject({ payload: { address: loopback(34) } });
  });
});

describe('the networks of a key', () => {
  const pinged = async (key: string, from: number) => {
    const body = '{"jsonrpc":"2.0","id":1,"method":"ping"}';
    const { host } = new URL(stand.gateway.mcp);
    const headers = [
      ['host', host],
      ['content-type', 'application/json'],
      ['accept', BOTH],
      ['content-length', String(body.length)],
      ['authorization', `Bearer ${key}`],
      // Written by whoever sends: it moves nobody into a network.
      ['x-forwarded-for', '127.0.0.2'],
    ] as const;
    return (await bareAsk({ url: stand.gateway.mcp, from, headers, body: [body] })).status;
  };

  it('refuse it from 127.0.0.1 where they are 127.0.0.2/32, and nowhere else', async () => {
    const { text } = await stand.gateway.key({ name: 'of one address', roles: ['reader'], networks: ['127.0.0.2/32'] });
    expect(await pinged(text, 1)).toBe(401);
    if (loopback(2) === '127.0.0.2') expect(await pinged(text, 2)).toBe(200);
    expect((await stand.gateway.records('reason=identity.address_not_allowed')).at(-1)).toMatchObject({
      payload: { address: '127.0.0.1' },
    });
    const wide = await stand.gateway.key({ name: 'of this machine', roles: ['reader'], networks: ['10.0.0.0/8', '127.0.0.0/8'] });
    expect(await pinged(wide.text, 1)).toBe(200);
  });

  it.each([['127.0.0.1/33'], ['127.0.0'], ['everywhere'], ['']])('that are none make no key: %s', async (network) => {
    const key = { name: `of ${network}`, roles: ['reader'], scopes: [{ server: '*', tool: '*' }], networks: [network] };
    expect((await stand.gateway.admin('POST', '/keys', key)).status).toBe(400);
  });
});
