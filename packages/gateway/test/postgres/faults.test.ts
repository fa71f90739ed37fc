import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/contracts/json.ts';
import { type PostgresServer, startPostgres } from '../fixtures/postgres-server.ts';
import { toolServer } from '../scenarios/running-gateway.ts';
import { type Caller, modern, type Told } from '../scenarios/wire.ts';
import { type SharedGateway, startShared } from './two-gateways.ts';

const SLOW = 120_000;
/** Longer than any time-out on the way to a refusal, and far below a call's own deadline of a minute. */
const DEADLINE_MS = 20_000;
/** What a caller is told whose call waits for PostgreSQL: each names what cannot be done. */
const NAMED = [
  'The audit journal cannot be written, so nothing is called.',
  'Keys cannot be checked at the moment.',
  'The state of the gateway cannot be read at the moment.',
];

interface Fault {
  readonly name: string;
  begin(): Promise<void> | void;
  end(): Promise<void> | void;
}

describe('a gateway whose PostgreSQL fails', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-pg-faults-'));
  const witness = join(folder, 'calls.log');
  const answered: string[] = [];
  let server: PostgresServer;
  let url: string;
  let gateway: SharedGateway;
  let holder: pg.Client;
  let caller: Caller;

  beforeAll(async () => {
    server = await startPostgres();
    url = await server.database();
    gateway = await startShared(url, { servers: [toolServer('local', { callLog: witness })] });
    const key = await gateway.key({ name: 'caller', roles: ['reader'] });
    caller = { mcp: gateway.mcp, key: key.text };
  }, SLOW);
  afterAll(async () => {
    await gateway?.end();
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function ask(text: string): Promise<void> {
    const client = new pg.Client(url);
    await client.connect();
    try {
      await client.query(text);
    } finally {
      await client.end();
    }
  }

  async function echo(text: string): Promise<Told> {
    const told = await modern(caller, text, 'tools/call', { name: 'local__echo', arguments: { text } });
    if (told.status === 200 && told.message?.['result'] !== undefined && !told.body.includes('(ref ')) answered.push(text);
    return told;
  }
  const ready = async () => (await fetch(`${new URL(gateway.mcp).origin}/readyz`)).status;
  const reached = () => readFileSync(witness, 'utf8');

  const FAULTS: readonly Fault[] = [
    { name: 'is away', begin: () => server.halt(), end: () => server.start() },
    { name: 'was killed', begin: () => server.kill(), end: () => server.start() },
    { name: 'answers no more', begin: () => server.pause(), end: () => server.resume() },
    {
      name: 'has no space left',
      begin: () =>
        ask(`create function disk_full() returns trigger language plpgsql as $$ begin raise 'could not extend file' using errcode = '53100'; end $$;
          create trigger disk_full before insert on journal_record for each statement execute function disk_full()`),
      end: () => ask('drop trigger disk_full on journal_record'),
    },
    {
      name: 'is held up by a lock',
      begin: async () => {
        holder = new pg.Client(url);
        await holder.connect();
        await holder.query('begin; lock table journal_record');
      },
      end: () => holder.end(),
    },
  ];

  test.each(FAULTS)(
    '$name: calls are refused by name within the deadline, reach no server, and work again by themselves',
    { timeout: SLOW },
    async (fault) => {
      expect((await echo(`before ${fault.name}`)).status).toBe(200);
      await fault.begin();
      const began = Date.now();
      const refused = await Promise.all(Array.from({ length: 10 }, (_, i) => echo(`during ${i} ${fault.name}`)));
      const took = Date.now() - began;
      const readyDuring = await ready();
      await fault.end();
      expect(refused.map(({ status }) => status)).toEqual(Array(10).fill(503));
      for (const { body } of refused)
        expect(
          NAMED.some((words) => body.includes(words)),
          body,
        ).toBe(true);
      expect(took).toBeLessThan(DEADLINE_MS);
      expect(readyDuring).toBe(503);
      expect(reached()).not.toContain(`during 0 ${fault.name}`);
      await expect
        .poll(async () => (await echo(`after ${fault.name} ${Date.now()}`)).status, { timeout: DEADLINE_MS, interval: 250 })
        .toBe(200);
      await expect.poll(ready, { timeout: DEADLINE_MS }).toBe(200);
    },
  );

  test('what was answered before, between and after is all recorded, and the log verifies', { timeout: SLOW }, async () => {
    expect((await gateway.admin('GET', '/log/verify')).body).toMatchObject({ damage: null });
    const records = await gateway.records('kind=intent');
    const recorded = new Set(records.map((one) => ((one['payload'] as JsonObject)['arguments'] as JsonObject)['text']));
    expect(answered.length).toBeGreaterThanOrEqual(2 * FAULTS.length);
    expect(answered.filter((text) => !recorded.has(text))).toEqual([]);
  });

  test('it does not start where PostgreSQL is away, and says so', { timeout: SLOW }, async () => {
    await server.halt();
    await expect(startShared(url, {}, gateway.data)).rejects.toThrow('storage.unavailable');
    await server.start();
  });
});
