import { expect, test } from 'vitest';
import { intent, newId } from '../../test/faults/journal.ts';
import { DEFAULT_TENANT } from '../base/ids.ts';
import { failure, success } from '../base/result.ts';
import type { Journal, JournalEntry } from '../contracts/journal.ts';
import { openRefusalFold } from './fold-refusals.ts';

interface Bench {
  readonly entries: JournalEntry[];
  readonly clock: { now(): number; monotonic(): number };
  at: number;
  refusing: boolean;
  readonly append: Journal['append'];
}

function bench(): Bench {
  const it: Bench = {
    entries: [],
    at: 0,
    refusing: false,
    clock: { now: () => it.at, monotonic: () => it.at },
    append: async (log, entry) => {
      if (it.refusing) return failure('audit.journal_unavailable');
      it.entries.push(entry);
      return success({ log, epoch: 1, index: it.entries.length, leaf: '' });
    },
  };
  return it;
}

function refusal(reason: string): JournalEntry {
  return {
    record: { ...intent(newId()).record, kind: 'refusal', status: 'refused', reason },
    secret: Buffer.from('{"address":"192.0.2.1"}'),
  };
}

const total = (entries: readonly JournalEntry[]): number => entries.reduce((sum, { record }) => sum + (record.count ?? 1), 0);

test('sixty a minute are recorded one by one, the others as one record with their exact count', async () => {
  const it = bench();
  const fold = openRefusalFold(it);
  for (let i = 0; i < 1000; i++) await fold.record(DEFAULT_TENANT, 'address:192.0.2.1', refusal('identity.key_unknown'));
  expect(it.entries).toHaveLength(60);
  await fold.sweep();
  expect(it.entries).toHaveLength(60);
  it.at = 60_000;
  await fold.sweep();
  expect(it.entries).toHaveLength(61);
  expect(it.entries.at(-1)?.record).toMatchObject({
    kind: 'refusal',
    reason: 'identity.key_unknown',
    count: 940,
    action: 'audit.refusals.folded',
  });
  await fold.record(DEFAULT_TENANT, 'address:192.0.2.1', refusal('identity.key_unknown'));
  expect(it.entries).toHaveLength(62);
  await fold.close();
});

test('each key has a minute of its own', async () => {
  const it = bench();
  const fold = openRefusalFold(it);
  for (let i = 0; i < 60; i++) await fold.record(DEFAULT_TENANT, 'a', refusal('http.rate'));
  expect(await fold.record(DEFAULT_TENANT, 'b', refusal('http.rate'))).toMatchObject({ ok: true, value: { index: 61 } });
  expect(await fold.record(DEFAULT_TENANT, 'a', refusal('http.rate'))).toEqual({ ok: true, value: null });
  await fold.close();
});

test('closing writes what was counted', async () => {
  const it = bench();
  const fold = openRefusalFold(it);
  for (let i = 0; i < 75; i++) await fold.record(DEFAULT_TENANT, 'a', refusal(i < 70 ? 'one' : 'two'));
  await fold.close();
  expect(total(it.entries)).toBe(75);
  expect(it.entries.at(-1)?.record.reason).toBeUndefined();
});

test('keys beyond the bound share one exact count that names nobody', async () => {
  const it = bench();
  const fold = openRefusalFold({ ...it, maxKeys: 3 });
  for (let i = 0; i < 500; i++) await fold.record(DEFAULT_TENANT, `address:${i}`, refusal('identity.key_unknown'));
  await fold.close();
  expect(total(it.entries)).toBe(500);
  expect(it.entries).toHaveLength(3 + 60 + 1);
  expect(it.entries.at(-1)).toMatchObject({ secret: null, record: { count: 437 } });
  expect(it.entries.at(-1)?.record.principal).toBeUndefined();
});

test('a count that the journal did not take is kept and added to the next', async () => {
  const it = bench();
  const fold = openRefusalFold(it);
  for (let i = 0; i < 70; i++) await fold.record(DEFAULT_TENANT, 'a', refusal('x'));
  it.at = 60_000;
  it.refusing = true;
  await fold.sweep();
  it.refusing = false;
  for (let i = 0; i < 70; i++) await fold.record(DEFAULT_TENANT, 'a', refusal('x'));
  expect(await fold.close()).toEqual({ ok: true, value: null });
  expect(total(it.entries)).toBe(140);
});
