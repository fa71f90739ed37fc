import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AuditRoom, Query, StoredRecord } from '../../src/audit/index.ts';
import type { Clock } from '../../src/base/clock.ts';
import { DEFAULT_TENANT, type TenantId } from '../../src/base/ids.ts';
import type { JournalEntry, Receipt } from '../../src/contracts/journal.ts';
import type { JsonValue } from '../../src/contracts/json.ts';
import { intent, newId, outcome } from '../faults/journal.ts';

export interface JournalOptions {
  /** Records that may wait to become durable. */
  readonly backlogRecords?: number;
  readonly clock?: Clock;
}

/** One place in which journals of one engine are kept. */
export interface JournalBackend {
  /** Opens what is kept there. The one before was closed. */
  open(options?: JournalOptions): Promise<AuditRoom>;
  /** Opens what would be there if the process of the open one were killed at this moment. */
  openAsAfterKill(): Promise<AuditRoom>;
  /** Closes every journal and removes the place. */
  clear(): Promise<void>;
}

export type OpenJournalBackend = () => Promise<JournalBackend>;

const OTHER = 'other' as TenantId;
const COUNT = 100;
const upTo = (count: number, from = 0): readonly number[] => Array.from({ length: count }, (_, i) => from + i);

function of(tenant: string, entry: JournalEntry = intent(newId())): JournalEntry {
  return { ...entry, record: { ...entry.record, tenant } };
}

function refusal(): JournalEntry {
  return { record: { ...intent(newId()).record, kind: 'refusal', status: 'refused', reason: 'identity.key_unknown' }, secret: null };
}

/** What every engine must do alike for the journal. */
export function journalContract(engine: string, openBackend: OpenJournalBackend): void {
  describe(`journal contract on ${engine}`, () => {
    let backend: JournalBackend;
    let room: AuditRoom;

    beforeEach(async () => {
      backend = await openBackend();
      room = await backend.open();
    });
    afterEach(() => backend.clear());

    async function append(entry = intent(newId()), log: TenantId = DEFAULT_TENANT): Promise<Receipt> {
      const result = await room.append(log, entry);
      if (!result.ok) throw new Error(`${result.reason} ${result.detail ?? ''}`);
      return result.value;
    }
    const appendMany = (count: number) => Promise.all(Array.from({ length: count }, () => append()));

    async function all(query: Partial<Query> = {}, log: TenantId = DEFAULT_TENANT): Promise<readonly StoredRecord[]> {
      const page = await room.query(log, { limit: 1000, ...query });
      if (!page.ok) throw new Error(page.reason);
      return page.value.records;
    }

    async function reopen(options: JournalOptions = {}): Promise<void> {
      await room.close();
      room = await backend.open(options);
    }

    describe('search by value', () => {
      const holding = (value: unknown): JournalEntry => {
        const entry = intent(newId(), { arguments: { path: '/a', deep: [{ value }] } });
        return { ...entry, record: { ...entry.record, argumentsDigest: '0'.repeat(64) } };
      };
      const digest = (value: JsonValue, log = DEFAULT_TENANT): string => room.valueDigest(log, value) ?? '';

      test('finds what holds a value, however deep, by a digest that is the same within a tenant and another in every other', async () => {
        const mine = await append(holding('needle'));
        await append(holding('other'));
        await append(of(OTHER, holding('needle')), OTHER);
        const found = await all({ value: digest('needle') });
        expect(found.map(({ index }) => index)).toEqual([mine.index]);
        expect(digest('needle')).toBe(digest('needle'));
        expect(digest('needle', OTHER)).not.toBe(digest('needle'));
        expect(await all({ value: digest('needle') }, OTHER)).toEqual([]);
        expect(await all({ value: digest('needle', OTHER) }, OTHER)).toHaveLength(1);
        await reopen();
        expect(await all({ value: digest('needle') })).toHaveLength(1);
      });

      test.each<[string, JsonValue, JsonValue]>([
        ['a text, and not a part of it', 'needle', 'needles'],
        ['a number, and not its text', 7, '7'],
        ['a truth, and not a number', true, 1],
        ['nothing at all', null, ''],
        ['an object, whatever the order of its members', { a: 1, b: [2] }, { a: 1, b: [3] }],
      ])('finds %s', async (_name, value, other) => {
        const { index } = await append(holding(value));
        expect((await all({ value: digest(value) })).map((one) => one.index)).toEqual([index]);
        expect(await all({ value: digest(other) })).toEqual([]);
      });

      test('opens no record that has no arguments, and finds nothing in it', async () => {
        const { argumentsDigest: _digest, decision: _decision, ...record } = intent(newId()).record;
        await append({ record, secret: Buffer.from(JSON.stringify({ arguments: { path: 'needle' } })) });
        expect(await all({ value: digest('needle') })).toEqual([]);
      });
    });

    describe('append', () => {
      test('gives indexes without a gap, in the order of the calls, after the record that opens the log at 0', async () => {
        const receipts = await appendMany(COUNT);
        expect(receipts.map(({ index }) => index)).toEqual(upTo(COUNT, 1));
        const records = await all();
        expect(records.map(({ index }) => index)).toEqual([...upTo(COUNT + 1)].reverse());
        expect(records.at(-1)?.record).toMatchObject({ kind: 'system', action: 'audit.journal.opened', object: 'epoch 1' });
      });

      test('says in the receipt what is kept: log, epoch, index and leaf', async () => {
        const receipt = await append();
        const [kept] = await all();
        expect(receipt).toEqual({ log: DEFAULT_TENANT, epoch: 1, index: 1, leaf: expect.stringMatching(/^[0-9a-f]{64}$/) });
        expect(kept).toMatchObject(receipt);
      });

      test('goes on in a higher epoch after a restart, without a gap', async () => {
        const before = await append(outcome(newId(), 0));
        await reopen();
        expect(await append(outcome(newId(), 0))).toMatchObject({ epoch: before.epoch + 1, index: before.index + 2 });
        await reopen();
        expect(await append()).toMatchObject({ epoch: before.epoch + 2, index: before.index + 4 });
      });

      test('gives a receipt only for what a kill at that moment would leave', async () => {
        const receipts: Receipt[] = [];
        const appends = upTo(COUNT).map(async () => receipts.push(await append(outcome(newId(), 0))));
        await Promise.race(appends);
        const promised = [...receipts];
        room = await backend.openAsAfterKill();
        await Promise.allSettled(appends);
        expect(promised.length).toBeGreaterThan(0);
        const kept = new Map((await all()).map(({ index, leaf }) => [index, leaf]));
        expect(promised.map(({ index }) => kept.get(index))).toEqual(promised.map(({ leaf }) => leaf));
        expect(await room.verify(DEFAULT_TENANT)).toMatchObject({ ok: true, value: { damage: null } });
      });

      test('keeps each log of its own, with indexes of its own, over a restart', async () => {
        const logs = [DEFAULT_TENANT, OTHER, 'third' as TenantId];
        const receipts = await Promise.all(logs.flatMap((log) => upTo(20).map(() => append(of(log, outcome(newId(), 0)), log))));
        for (const log of logs) expect(receipts.filter((one) => one.log === log).map(({ index }) => index)).toEqual(upTo(20, 1));
        await reopen();
        expect([...room.logs].sort()).toEqual([...logs].sort());
        for (const log of logs) expect((await all({}, log)).every(({ record }) => record.tenant === log)).toBe(true);
      });

      test('opens one log once, however many ask for it at once', async () => {
        const receipts = await Promise.all(upTo(20).map(() => append(of(OTHER), OTHER)));
        expect(receipts.map(({ index }) => index)).toEqual(upTo(20, 1));
        expect(await all({ kind: 'system' }, OTHER)).toHaveLength(1);
      });

      test.each<[string, string, JournalEntry, string]>([
        ['a record of another tenant', 'default', of('other'), 'audit.record_malformed'],
        ['a lone surrogate', 'default', { ...intent('1'), record: { ...intent('1').record, tool: '\ud800' } }, 'audit.record_malformed'],
        [
          'a public part over 65,535 bytes',
          'default',
          { ...intent('1'), record: { ...intent('1').record, object: 'x'.repeat(65_536) } },
          'audit.record_too_large',
        ],
        ['a log name that climbs', '../x', of('../x'), 'audit.log_unknown'],
        ['a log name that is SQL', "x'; drop table x; --", of("x'; drop table x; --"), 'audit.log_unknown'],
        ['an empty log name', '', of(''), 'audit.log_unknown'],
      ])('refuses %s, and takes the next', async (_name, log, entry, reason) => {
        expect(await room.append(log as TenantId, entry)).toMatchObject({ ok: false, reason });
        expect(room.writable).toBe(true);
        expect(await append()).toMatchObject({ index: 1 });
      });

      test('refuses what exceeds the backlog, and takes more once it is written', async () => {
        await reopen({ backlogRecords: 10 });
        const results = await Promise.all(upTo(12).map(() => room.append(DEFAULT_TENANT, intent(newId()))));
        expect(results.filter(({ ok }) => ok)).toHaveLength(10);
        expect(results.slice(10)).toMatchObject([{ reason: 'audit.backlog_full' }, { reason: 'audit.backlog_full' }]);
        await append();
      });

      test('after close refuses, and what was appended before is there', async () => {
        const pending = append(outcome(newId(), 0));
        await room.close();
        expect((await pending).index).toBe(1);
        expect(room.writable).toBe(false);
        expect(await room.append(DEFAULT_TENANT, intent(newId()))).toMatchObject({ reason: 'audit.journal_unavailable' });
        expect(await room.append('new' as TenantId, of('new'))).toMatchObject({ reason: 'audit.journal_unavailable' });
        room = await backend.open();
        expect((await all()).map(({ index }) => index)).toEqual([2, 1, 0]);
      });
    });

    describe('an open intent', () => {
      test('is closed as unknown at the next opening, before anything else is appended, and only once', async () => {
        const [open, done] = [newId(), newId()];
        const { index } = await append(intent(open));
        await append(outcome(done, (await append(intent(done))).index));
        await reopen();
        const [opened, closed] = await all();
        expect(opened?.record).toMatchObject({ action: 'audit.journal.opened', object: 'epoch 2' });
        expect(closed?.record).toMatchObject({
          kind: 'outcome',
          id: open,
          intent: index,
          status: 'unknown',
          reason: 'audit.outcome_unknown',
        });
        await reopen();
        expect(await all({ status: 'unknown' })).toHaveLength(1);
      });

      test('of each log is closed after a kill, exactly those that had no outcome', async () => {
        const open = await Promise.all([append(), append(), append(of(OTHER), OTHER)]);
        const done = await append();
        await append(outcome(newId(), done.index));
        room = await backend.openAsAfterKill();
        const closed = async (log: TenantId) => (await all({ status: 'unknown' }, log)).map(({ record }) => record.intent).sort();
        expect(await closed(DEFAULT_TENANT)).toEqual([open[0].index, open[1].index]);
        expect(await closed(OTHER)).toEqual([open[2].index]);
      });
    });

    describe('refuse', () => {
      const fixed: Clock = { now: () => 1_767_225_600_000, monotonic: () => 0 };
      const total = (records: readonly StoredRecord[]) => records.reduce((sum, { record }) => sum + (record.count ?? 1), 0);

      test('records sixty a minute and key one by one, folds the others, and counts every one', async () => {
        await reopen({ clock: fixed });
        const results = await Promise.all(upTo(500).map((i) => room.refuse(DEFAULT_TENANT, `address:${i % 2}`, refusal())));
        expect(results.filter((result) => result.ok && result.value !== null)).toHaveLength(120);
        expect(results.filter((result) => result.ok && result.value === null)).toHaveLength(380);
        await reopen();
        const kept = await all({ kind: 'refusal' });
        expect(total(kept)).toBe(500);
        expect(kept).toHaveLength(122);
      });

      test('counts for each log apart', async () => {
        await reopen({ clock: fixed });
        const both = (log: TenantId, count: number) => upTo(count).map(() => room.refuse(log, 'same', of(log, refusal())));
        await Promise.all([...both(DEFAULT_TENANT, 70), ...both(OTHER, 90)]);
        await reopen();
        expect([total(await all({ kind: 'refusal' })), total(await all({ kind: 'refusal' }, OTHER))]).toEqual([70, 90]);
      });
    });

    describe('follow', () => {
      test('hands over history and then what comes, in order, without a gap, awaiting each', async () => {
        await appendMany(50);
        const stop = new AbortController();
        const seen: number[] = [];
        let busy = 0;
        const onRecord = async ({ index }: StoredRecord): Promise<void> => {
          expect(++busy).toBe(1);
          await turn();
          busy--;
          seen.push(index);
          if (index === 130) stop.abort();
        };
        const following = room.follow(DEFAULT_TENANT, { from: 7, onRecord, signal: stop.signal });
        await appendMany(80);
        expect(await following).toEqual({ ok: true, value: 131 });
        expect(seen).toEqual(upTo(124, 7));
      });

      test('hands the same to each of several, and none of another log', async () => {
        const stop = new AbortController();
        const seen: number[][] = [[], []];
        const follow = (mine: number[]) =>
          room.follow(DEFAULT_TENANT, { from: 0, onRecord: ({ index }) => void mine.push(index), signal: stop.signal });
        const following = seen.map(follow);
        await Promise.all([appendMany(30), ...upTo(30).map(() => append(of(OTHER), OTHER))]);
        while (seen.some((mine) => mine.length < 31)) await turn();
        stop.abort();
        expect(await Promise.all(following)).toEqual([
          { ok: true, value: 31 },
          { ok: true, value: 31 },
        ]);
        expect(seen).toEqual([upTo(31), upTo(31)]);
      });

      test('ends with the journal, at the index to go on from, and goes on there after a restart', async () => {
        await append(outcome(newId(), 0));
        const request = { from: 0, onRecord: () => undefined, signal: new AbortController().signal };
        const following = room.follow(DEFAULT_TENANT, request);
        await turn();
        await room.close();
        expect(await following).toEqual({ ok: true, value: 2 });
        room = await backend.open();
        const stop = new AbortController();
        let first = -1;
        await room.follow(DEFAULT_TENANT, {
          from: 2,
          onRecord: ({ index }) => {
            first = index;
            stop.abort();
          },
          signal: stop.signal,
        });
        expect(first).toBe(2);
      });
    });

    describe('query', () => {
      test('pages through everything, newest first, each record once, while others append', async () => {
        await appendMany(120);
        const indexes: number[] = [];
        for (let before: number | null = 121; before !== null; ) {
          const page = await room.query(DEFAULT_TENANT, { limit: 25, before });
          if (!page.ok) throw new Error(page.reason);
          indexes.push(...page.value.records.map(({ index }) => index));
          before = page.value.next;
          await append();
        }
        expect(indexes).toEqual([...upTo(121)].reverse());
      });

      test('finds by id, kind, fields, words of a reason, and time', async () => {
        const id = newId();
        await append(outcome(id, (await append(intent(id))).index));
        const denied = { ...refusal().record, reason: 'identity.token_expired', time: 5000 };
        await append({ record: denied, secret: null });
        const counts: [Partial<Query>, number][] = [
          [{ id }, 2],
          [{ id, kind: 'intent' }, 1],
          [{ reason: 'identity' }, 1],
          [{ reason: 'ident' }, 0],
          [{ reason: 'identity%' }, 0],
          [{ reason: 'identity.token_expired', status: 'refused', server: 'everything', tool: 'echo', method: 'tools/call' }, 1],
          [{ since: 4000, until: 5000 }, 1],
          [{ until: 4999 }, 0],
          [{ principal: 'nobody' }, 0],
        ];
        for (const [query, count] of counts) expect([query, (await all(query)).length]).toEqual([query, count]);
        expect((await all({ id })).map(({ record }) => record.kind)).toEqual(['outcome', 'intent']);
      });

      test('bounds a page, and gives at least one record for a limit below one', async () => {
        await appendMany(3);
        expect(await all({ limit: 2 })).toHaveLength(2);
        expect(await all({ limit: 0 })).toHaveLength(1);
      });
    });

    test('verify counts what is there', async () => {
      const { index } = await append();
      await append();
      await append(outcome(newId(), index));
      expect(await room.verify(DEFAULT_TENANT)).toMatchObject({ ok: true, value: { records: 4, openIntents: 1, damage: null } });
    });

    test('a log that there is not is unknown to every reader, and is not made by asking', async () => {
      const request = { from: 0, onRecord: () => undefined, signal: new AbortController().signal };
      const none = 'none' as TenantId;
      const answers = [await room.follow(none, request), await room.query(none, { limit: 1 }), await room.verify(none)];
      for (const answer of answers) expect(answer).toMatchObject({ ok: false, reason: 'audit.log_unknown' });
      expect(room.logs).toEqual([DEFAULT_TENANT]);
    });

    test('a payload opens after a restart, and not when it was moved to another record', async () => {
      await append(intent(newId(), { name: 'first' }));
      await append(intent(newId(), { name: 'second' }));
      await append(outcome(newId(), 0));
      await reopen();
      const [second, first] = await all({ kind: 'intent' });
      const [bare] = await all({ kind: 'outcome', status: 'ok' });
      if (first === undefined || second === undefined || bare === undefined) throw new Error('no records');
      expect([room.open(first), room.open(bare)]).toEqual([
        { ok: true, value: { name: 'first' } },
        { ok: true, value: null },
      ]);
      expect(room.open({ ...first, envelope: second.envelope })).toMatchObject({ ok: false, reason: 'vault.envelope_damaged' });
      expect(room.open({ ...first, envelope: null })).toMatchObject({ ok: false, reason: 'vault.envelope_damaged' });
    });
  });
}
