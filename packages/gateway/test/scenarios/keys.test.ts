import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { expect, it, vi } from 'vitest';
import { equalInConstantTime, random } from '../../src/base/bytes.ts';
import { systemClock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/log.ts';
import type { JsonObject } from '../../src/contracts/json.ts';
import { openStorage } from '../../src/storage/index.ts';
import { openVault } from '../../src/vault/index.ts';
import { DAY, movedClock } from './moved-clock.ts';
import { startTestGateway, type TestGateway, toolServer, UNLIMITED } from './running-gateway.ts';
import { type Caller, call, post, request, session, textOf } from './wire.ts';

const ENTRY = join(import.meta.dirname, '../../src/cli/sallyport.ts');
const cli = (data: string, ...args: readonly string[]): Promise<{ readonly out: string; readonly err: string }> =>
  new Promise((resolve) => {
    const child = execFile(process.execPath, [ENTRY, '--data', data, ...args], { timeout: 30_000 }, (_error, out, err) =>
      resolve({ out, err }),
    );
    child.stdin?.end();
  });

const PING = request(1, 'ping');
const ping = async (mcp: string, key: string): Promise<number> => (await post({ mcp, key }, PING)).status;

/** A request with something in its URL and a good key in its header: only the URL is wrong with it. */
const withUrl = (mcp: string, end: string, key: string): Promise<Response> =>
  fetch(mcp + end, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', authorization: `Bearer ${key}` },
    body: JSON.stringify(PING),
  });

const actions = async (gateway: TestGateway, action: string): Promise<readonly JsonObject[]> =>
  (await gateway.records('kind=system')).filter((one) => (one['record'] as JsonObject)['action'] === action);

const listed = async (gateway: TestGateway, id: string): Promise<JsonObject | undefined> =>
  ((await gateway.admin('GET', '/keys')).body['items'] as readonly JsonObject[]).find((key) => key['id'] === id);

it('a key is shown once, works as a bearer token only, is flagged when it stood in a URL, and no dump of the database gives one that works [R2-007]', async () => {
  const data = mkdtempSync(join(tmpdir(), 'sallyport-keys-'));
  const gateway = await startTestGateway({ data });
  const { mcp } = gateway;
  const key = await gateway.key({ name: 'careless', roles: ['reader'] });
  const good = await gateway.key({ name: 'careful', roles: ['reader'] });

  // 256 random bits behind a prefix, in the form that is published for secret scanners; told once.
  const published = /`(\\bsp_[^`]+)`/.exec(readFileSync(join(import.meta.dirname, '../../src/identity/README.md'), 'utf8'))?.[1];
  expect(`config: "${key.text}"`.match(new RegExp(String(published)))?.[0]).toBe(key.text);
  expect(Buffer.from(key.text.slice(3, 46), 'base64url')).toHaveLength(32);
  expect(JSON.stringify((await gateway.admin('GET', '/keys')).body)).not.toContain(key.text.slice(3, 46));

  // As Bearer, and in no other way.
  expect(await ping(mcp, key.text)).toBe(200);
  for (const authorization of [key.text, `Basic ${key.text}`, `Token ${key.text}`, `Bearer ${key.text} `.replace(' sp', '  sp')])
    expect((await post({ mcp, key: '' }, PING, { authorization })).status, authorization.slice(0, 8)).toBe(401);
  for (const header of ['x-api-key', 'api-key', 'cookie'])
    expect((await post({ mcp, key: '' }, PING, { authorization: '', [header]: key.text })).status).toBe(401);

  // In a URL: refused, however it is written and whoever asks; the key is marked, once, and everybody who has to know is told.
  const made = `sp_${'A'.repeat(43)}_${'A'.repeat(6)}`;
  for (const end of [`?key=${made}`, '?access_token=secret']) expect((await withUrl(mcp, end, good.text)).status).toBe(400);
  expect((await listed(gateway, key.id))?.['disclosedAt']).toBeNull();
  for (const end of [`?key=${key.text}`, `?${key.text}`, `?a=1&b=%73p${key.text.slice(2)}`, `/${key.text}`]) {
    const refused = await withUrl(mcp, end, good.text);
    expect(refused.status).toBe(400);
    expect(await refused.text()).toContain('Consider it disclosed');
  }
  expect(await ping(mcp, good.text)).toBe(200);
  const refusals = await gateway.records('reason=identity.credential_in_url');
  expect(refusals.map((one) => (one['record'] as JsonObject)['credential'])).toEqual([
    undefined,
    undefined,
    key.id,
    key.id,
    key.id,
    key.id,
  ]);
  expect(JSON.stringify(refusals)).not.toContain(key.text.slice(3, 46));
  expect(await actions(gateway, 'identity.key.disclosed')).toMatchObject([{ record: { object: key.id } }]);
  expect(gateway.log.filter((line) => line.event === 'identity.key.disclosed')).toMatchObject([{ level: 'warn', fields: { key: key.id } }]);
  expect((await listed(gateway, key.id))?.['disclosedAt']).toBeGreaterThan(Date.now() - 60_000);
  expect((await listed(gateway, good.id))?.['disclosedAt']).toBeNull();
  expect((await cli(data, 'keys', 'list')).err).toContain(`sallyport keys rotate ${key.id} --overlap 0`);
  expect((await cli(data, 'status')).out).toContain('careless stood in a URL');
  const next = (await gateway.admin('POST', `/keys/${key.id}/rotate`, { overlapMinutes: 0 })).body;
  expect(await listed(gateway, String(next['id']))).toMatchObject({ disclosedAt: null, state: 'live' });
  expect(await ping(mcp, key.text)).toBe(401);
  expect(await ping(mcp, String(next['secret']))).toBe(200);
  await gateway.stop();

  // All that the database holds, decrypted, and every file beside it but the two that keep a key for their owner.
  const vault = openVault({ file: join(data, 'keys'), create: false, random });
  if (!vault.ok) throw new Error(vault.reason);
  const storage = await openStorage({ dir: data, key: vault.value.stateKey(), clock: systemClock, log: silentLogger });
  if (!storage.ok) throw new Error(storage.reason);
  const rows = (await sql<{ id: string; mac: string }>`select * from api_key`.execute(storage.value.queries())).rows;
  const pepper = vault.value.mac('pepper');
  expect(rows.find((row) => row.id === good.id)?.mac).toBe(pepper.mac(good.text));
  const secrets = [key.text, good.text, String(next['secret'])].map((text) => text.slice(3, 46));
  const dump = JSON.stringify(rows);
  for (const secret of secrets)
    for (const trace of [secret, Buffer.from(secret, 'base64url').toString('hex')]) expect(dump).not.toContain(trace);
  await storage.value.close();
  await vault.value.close();
  const files = readdirSync(data, { recursive: true, encoding: 'utf8' }).filter((file) => statSync(join(data, file)).isFile());
  for (const file of files) for (const secret of secrets) expect(readFileSync(join(data, file)).includes(secret), file).toBe(false);

  // What was stored is presented as a key: nothing of it opens the door. Compared is its HMAC, in constant time (base/bytes.test.ts).
  const again = await startTestGateway({ data });
  for (const { mac } of rows)
    for (const guess of [mac, `sp_${mac}`, `sp_${Buffer.from(mac, 'hex').toString('base64url')}_AAAAAA`])
      expect(await ping(again.mcp, guess)).toBe(401);
  expect(await ping(again.mcp, good.text)).toBe(200);
  await again.stop();
  rmSync(data, { recursive: true });
  const mac = Buffer.from(rows[0]?.mac ?? '', 'hex');
  expect(equalInConstantTime(mac, Buffer.from(mac))).toBe(true);
  const another = Buffer.from(mac);
  another.writeUInt8(another.readUInt8(31) ^ 1, 31);
  expect(equalInConstantTime(mac, another)).toBe(false);
}, 60_000);

it('a key works on day 29, warned of in time, and not a second after day 30; a rotated one works in its overlap only; a longer policy is refused or shown [R2-008]', async () => {
  const clock = movedClock();
  const settings = {
    ...UNLIMITED,
    deviations: (UNLIMITED['deviations'] as readonly JsonObject[]).map((one) => ({ ...one, until: '2099-01-01' })),
  };
  const gateway = await startTestGateway({ servers: [toolServer('tools')], settings, start: { clock } });
  const { mcp } = gateway;
  const madeAt = clock.now();
  const key = await gateway.key({ name: 'thirty days', roles: ['reader'] });
  const caller = async (text: string): Promise<Caller> => session({ mcp, key: text });
  const calls = async (text: string): Promise<string> => textOf(await call(await caller(text), 1, 'tools__echo', { text: 'still here' }));
  const warnings = async (): Promise<readonly unknown[]> =>
    (await actions(gateway, 'identity.key.expiring'))
      .filter((one) => (one['record'] as JsonObject)['object'] === key.id)
      .map((one) => (one['payload'] as JsonObject)['days']);
  const logged = () =>
    gateway.log.filter(({ event, fields }) => event === 'identity.key.expiring' && (fields as JsonObject)['key'] === key.id);
  const toDay = (day: number, more = 0): void => clock.advance(madeAt + day * DAY + more - clock.now());

  expect(gateway.running.keyNotices).toEqual([]);
  toDay(20);
  const second = await gateway.key({ name: 'a later admin', roles: ['admin', 'auditor'] });
  const rotated = (
    await gateway.admin('POST', `/keys/${(await gateway.key({ name: 'to rotate', roles: ['reader'] })).id}/rotate`, { overlapMinutes: 60 })
  ).body;
  expect(await warnings()).toEqual([]);

  for (const [day, due] of [
    [23, [7]],
    [25, [7]],
    [27, [7, 3]],
    [29, [7, 3, 1]],
  ] as const) {
    toDay(day);
    await vi.waitFor(async () => expect(await warnings()).toEqual(due), { timeout: 10_000, interval: 250 });
    expect(logged().map(({ level, fields }) => [level, (fields as JsonObject)['days']])).toEqual(due.map((days) => ['warn', days]));
    expect((await gateway.admin('GET', '/status')).body['keysEnding']).toContainEqual(expect.objectContaining({ id: key.id }));
  }
  expect(String((logged()[0]?.fields as JsonObject | undefined)?.['todo'])).toBe(`sallyport keys rotate ${key.id}`);
  expect(await calls(key.text)).toContain('still here');
  expect((await listed(gateway, key.id))?.['expiresAt']).toBe(Number((await listed(gateway, key.id))?.['createdAt']) + 30 * DAY);

  // Rotation: both work in the overlap, then the new one alone.
  const two = (await gateway.admin('POST', `/keys/${key.id}/rotate`, { overlapMinutes: 60 })).body;
  expect(await calls(key.text)).toContain('still here');
  expect(await calls(String(two['secret']))).toContain('still here');
  expect(two['principal']).toBe(key.principal);
  clock.advance(60 * 60_000 + 1000);
  expect(await ping(mcp, key.text)).toBe(401);
  expect(await calls(String(two['secret']))).toContain('still here');

  // The successor of the one that was rotated on day 20 lives until day 50, and not a second longer.
  expect(await ping(mcp, String(rotated['secret']))).toBe(200);
  toDay(20, 30 * DAY - 60_000);
  expect(await ping(mcp, second.text)).toBe(200);
  toDay(20, 30 * DAY + 10_000);
  expect(await ping(mcp, second.text)).toBe(401);
  expect(await ping(mcp, String(rotated['secret']))).toBe(401);
  await gateway.stop();

  const long = { authentication: { rotation_policy: '60_days' } };
  await expect(startTestGateway({ settings: long })).rejects.toThrow(/rotation_policy/);
  const named = {
    key: 'authentication.rotation_policy',
    value: '60_days',
    reason: 'a vendor cannot be reached before',
    until: new Date(Date.now() + DAY).toISOString().slice(0, 10),
  };
  const deviating = await startTestGateway({ settings: { ...long, deviations: [named] } });
  expect((await deviating.admin('GET', '/status')).body['deviations']).toMatchObject([{ key: named.key, reason: named.reason }]);
  expect((await cli(deviating.data, 'status')).out).toContain('authentication.rotation_policy');
  await deviating.stop();
}, 90_000);
