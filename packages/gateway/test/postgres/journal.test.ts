import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { AuditRoom, StoredRecord } from '../../src/audit/index.ts';
import { DEFAULT_TENANT } from '../../src/base/ids.ts';
import type { JournalEntry, Receipt } from '../../src/contracts/journal.ts';
import type { Storage } from '../../src/storage/index.ts';
import { openJournalOn } from '../contract/postgres-journal-backend.ts';
import { type Ground, intent, newId, outcome, prepareGround } from '../faults/journal.ts';
import { type PostgresServer, startPostgres } from '../fixtures/postgres-server.ts';
import { opened } from '../fixtures/postgres-store.ts';

const SLOW = 60_000;

/** A gateway's journal, as far as the database can tell one gateway from another. */
interface Writer {
  readonly room: AuditRoom;
  readonly storage: Storage;
  readonly role: string;
  readonly said: string[];
}

describe('the journal on PostgreSQL', () => {
  let server: PostgresServer;
  let url: string;
  let ground: Ground;
  let writers: Writer[] = [];

  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    url = await server.database();
    ground = prepareGround();
    writers = [];
  });
  afterEach(async () => {
    for (const { room, storage } of writers) {
      await room.close();
      await storage.close();
    }
    ground.clear();
  });

  async function ask<R extends pg.QueryResultRow>(text: string): Promise<readonly R[]> {
    const client = new pg.Client(url);
    await client.connect();
    try {
      return (await client.query<R>(text)).rows;
    } finally {
      await client.end();
    }
  }

  async function open(): Promise<Writer> {
    const role = `${new URL(url).pathname.slice(1)}_${writers.length}`;
    await ask(`create role ${role} superuser login`);
    const own = new URL(url);
    own.username = role;
    const storage = await opened(own.href);
    const said: string[] = [];
    const room = await openJournalOn(storage, ground, { report: (event) => said.push(event) });
    const writer = { room, storage, role, said };
    writers.push(writer);
    return writer;
  }

  const cut = (role: string) => ask(`select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = '${role}'`);
  const kill = async ({ role }: Writer) => {
    await ask(`alter role ${role} nologin`);
    await cut(role);
  };

  async function append({ room }: Writer, entry: JournalEntry = intent(newId())): Promise<Receipt> {
    const result = await room.append(DEFAULT_TENANT, entry);
    if (!result.ok) throw new Error(`${result.reason} ${result.detail ?? ''}`);
    return result.value;
  }

  async function all({ room }: Writer): Promise<readonly StoredRecord[]> {
    const page = await room.query(DEFAULT_TENANT, { limit: 1000 });
    if (!page.ok) throw new Error(page.reason);
    return page.value.records.toReversed();
  }
  const unknown = async (writer: Writer) =>
    (await all(writer)).filter(({ record }) => record.status === 'unknown').map(({ record }) => record.intent);
  const sound = { ok: true, value: { damage: null } };

  test('two gateways append into one log: no index twice, none left out, each in its own epoch', async () => {
    const [a, b] = [await open(), await open()];
    const receipts = await Promise.all(Array.from({ length: 400 }, (_, i) => append(i % 2 === 0 ? a : b)));
    const indexes = receipts.map(({ index }) => index).sort((x, y) => x - y);
    expect(indexes).toEqual(Array.from({ length: 400 }, (_, i) => i + 2));
    expect(new Set(receipts.map(({ epoch }) => epoch))).toEqual(new Set([1, 2]));
    const kept = new Map((await all(a)).map(({ index, leaf, epoch }) => [index, `${leaf} ${epoch}`]));
    for (const { index, leaf, epoch } of receipts) expect(kept.get(index)).toBe(`${leaf} ${epoch}`);
    expect(await b.room.verify(DEFAULT_TENANT)).toMatchObject(sound);
  });

  test('a follower is handed what another gateway writes', async () => {
    const [a, b] = [await open(), await open()];
    const stop = new AbortController();
    const seen: number[] = [];
    const following = a.room.follow(DEFAULT_TENANT, { from: 0, onRecord: ({ index }) => void seen.push(index), signal: stop.signal });
    await Promise.all(Array.from({ length: 20 }, () => append(b)));
    await expect.poll(() => seen.length, { timeout: SLOW }).toBe(22);
    stop.abort();
    expect(await following).toEqual({ ok: true, value: 22 });
    expect(seen).toEqual(Array.from({ length: 22 }, (_, i) => i));
  });

  test('what a gateway that is gone left open is closed by the other, and only that', { timeout: SLOW }, async () => {
    const [a, b] = [await open(), await open()];
    const [lost, done, mine] = [await append(a), await append(a), await append(b)];
    await append(a, outcome(newId(), done.index));
    await kill(a);
    await expect.poll(() => unknown(b), { timeout: SLOW }).toEqual([lost.index]);
    const actions = (await all(b)).map(({ record }) => `${record.action} ${record.object}`);
    expect(actions).toContain('audit.journal.taken_over epoch 1');
    await append(b, outcome(newId(), mine.index));
    expect(await b.room.verify(DEFAULT_TENANT)).toMatchObject({ ok: true, value: { damage: null, openIntents: 0 } });
  });

  test('a gateway that was taken for lost is fenced: it gets a new epoch, and nothing is added to calls that were closed', {
    timeout: SLOW,
  }, async () => {
    const [a, b] = [await open(), await open()];
    const open1 = await append(a);
    await kill(a);
    await expect.poll(() => unknown(b), { timeout: SLOW }).toEqual([open1.index]);
    await ask(`alter role ${a.role} login`);
    await expect.poll(async () => (await a.room.append(DEFAULT_TENANT, intent(newId()))).ok, { timeout: SLOW }).toBe(true);
    expect(await a.room.append(DEFAULT_TENANT, outcome(newId(), open1.index))).toMatchObject({
      ok: false,
      reason: 'audit.journal_unavailable',
    });
    const after = await append(a);
    expect(after.epoch).toBe(3);
    expect((await all(b)).filter(({ record }) => record.intent === open1.index)).toHaveLength(1);
    expect(await b.room.verify(DEFAULT_TENANT)).toMatchObject(sound);
  });

  test('connections that are cut lose nothing that was acknowledged, and it goes on in the same epoch', { timeout: SLOW }, async () => {
    const a = await open();
    const receipts: Receipt[] = [];
    let cutting = true;
    const load = async (): Promise<void> => {
      while (cutting) {
        const result = await a.room.append(DEFAULT_TENANT, intent(newId()));
        if (result.ok) receipts.push(result.value);
        else await wait(5);
      }
    };
    const loads = Array.from({ length: 8 }, load);
    for (let i = 0; i < 5; i++) {
      const before = receipts.length;
      await expect.poll(() => receipts.length, { timeout: SLOW }).toBeGreaterThan(before + 10);
      await cut(a.role);
    }
    cutting = false;
    await Promise.all(loads);
    await expect.poll(() => a.room.writable, { timeout: SLOW }).toBe(true);
    const kept = new Map((await ask<{ index: string; leaf: string }>(LEAVES)).map(({ index, leaf }) => [Number(index), leaf]));
    expect(receipts.filter(({ index, leaf }) => kept.get(index) !== leaf)).toEqual([]);
    expect(new Set(receipts.map(({ index }) => index)).size).toBe(receipts.length);
    expect(new Set(receipts.map(({ epoch }) => epoch))).toEqual(new Set([1]));
    expect(await a.room.verify(DEFAULT_TENANT)).toMatchObject(sound);
  });

  test('a server that stops answering: refused by name within the deadline, then nothing twice and every intent closed', {
    timeout: SLOW,
  }, async () => {
    const a = await open();
    const before = await append(a);
    server.pause();
    const began = Date.now();
    const held = await Promise.all([
      a.room.append(DEFAULT_TENANT, intent(newId())),
      a.room.append(DEFAULT_TENANT, outcome(newId(), before.index)),
      wait(500).then(() => a.room.append(DEFAULT_TENANT, intent(newId()))),
    ]);
    expect(Date.now() - began).toBeLessThan(10_000);
    for (const refused of held) expect(refused).toMatchObject({ ok: false, reason: 'audit.journal_poisoned' });
    expect(a.room.writable).toBe(false);
    const at = Date.now();
    expect(await a.room.append(DEFAULT_TENANT, intent(newId()))).toMatchObject({ reason: 'audit.journal_poisoned' });
    expect(Date.now() - at).toBeLessThan(1000);
    server.resume();
    await expect.poll(() => a.room.writable, { timeout: SLOW }).toBe(true);
    const next = await append(a);
    await append(a, outcome(newId(), next.index));
    // Whether the batch landed or not: whatever of it is there has one outcome.
    await expect
      .poll(async () => await a.room.verify(DEFAULT_TENANT), { timeout: SLOW })
      .toMatchObject({ ok: true, value: { damage: null, openIntents: 0 } });
    const outcomes = (await all(a)).filter(({ record }) => record.kind === 'outcome').map(({ record }) => record.intent);
    expect(new Set(outcomes).size).toBe(outcomes.length);
  });

  test('a server that is killed and started again has everything that was acknowledged', { timeout: SLOW }, async () => {
    const a = await open();
    const receipts: Receipt[] = [];
    const load = Promise.all(
      Array.from({ length: 300 }, async () => {
        const result = await a.room.append(DEFAULT_TENANT, intent(newId()));
        if (result.ok) receipts.push(result.value);
      }),
    );
    await expect.poll(() => receipts.length, { timeout: SLOW }).toBeGreaterThan(20);
    await server.kill();
    await load;
    await server.start();
    await expect.poll(() => a.room.writable, { timeout: SLOW }).toBe(true);
    const kept = new Map((await ask<{ index: string; leaf: string }>(LEAVES)).map(({ index, leaf }) => [Number(index), leaf]));
    expect(receipts.filter(({ index, leaf }) => kept.get(index) !== leaf)).toEqual([]);
    expect(await a.room.verify(DEFAULT_TENANT)).toMatchObject(sound);
  });

  test('a server that takes no more writes refuses by name, and is used again once it does', { timeout: SLOW }, async () => {
    const a = await open();
    // What a full disk does to a statement (SQLSTATE 53100), without filling one.
    await ask(`create function full_disk() returns trigger language plpgsql as $$ begin raise 'no space' using errcode = '53100'; end $$;
      create trigger disk_full before insert on journal_record for each statement execute function full_disk()`);
    expect(await a.room.append(DEFAULT_TENANT, intent(newId()))).toMatchObject({ ok: false, reason: 'audit.journal_unavailable' });
    expect(a.room.writable).toBe(false);
    await ask('drop trigger disk_full on journal_record');
    await expect.poll(() => a.room.writable, { timeout: SLOW }).toBe(true);
    expect((await append(a)).index).toBe(1);
    expect(await a.room.verify(DEFAULT_TENANT)).toMatchObject(sound);
  });

  test.each([
    ['a record taken out', 'delete from journal_record where index = 3', 3],
    ['the last record taken out', 'delete from journal_record where index = 5', 5],
    ['a byte of a record changed', 'update journal_record set frame = set_byte(frame, 60, 120) where index = 2', 2],
    ['a leaf changed', 'update journal_record set frame = set_byte(frame, 10, get_byte(frame, 10) # 1) where index = 4', 4],
    [
      'a payload changed',
      'update journal_record set frame = set_byte(frame, octet_length(frame) - 1, get_byte(frame, octet_length(frame) - 1) # 1) where index = 1',
      1,
    ],
    ['a record of an epoch that has ended', 'update journal_writer set ended_index = 4 where epoch = 1', 4],
    ['a record of an epoch that there never was', 'update journal_record set epoch = 9 where index = 5', 5],
  ])('%s is found, and named', async (_name, tamper, index) => {
    const a = await open();
    for (let i = 0; i < 5; i++) await append(a);
    await ask(tamper);
    const verified = await a.room.verify(DEFAULT_TENANT);
    if (!verified.ok) throw new Error(verified.reason);
    expect(verified.value.damage).toMatchObject({ index, segment: 'journal_record' });
  });
});

const LEAVES = `select index, encode(substring(frame from 7 for 32), 'hex') as leaf from journal_record`;
