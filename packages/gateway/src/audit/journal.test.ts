import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Ground, intent, journalDeps, newId, opened, outcome, prepareGround, SMALL } from '../../test/faults/journal.ts';
import { DEFAULT_TENANT, type TenantId } from '../base/ids.ts';
import type { Receipt } from '../contracts/journal.ts';
import { type AuditRoom, type JournalSettings, openJournal, type StoredRecord, systemFiles } from './index.ts';

let ground: Ground;
let dir: string;
let room: AuditRoom;

beforeEach(async () => {
  ground = prepareGround();
  dir = mkdtempSync(join(tmpdir(), 'sallyport-audit-'));
  room = await opened(journalDeps(ground.vault, systemFiles, dir));
});
afterEach(async () => {
  await room.close();
  ground.clear();
  rmSync(dir, { recursive: true, force: true });
});

async function append(entry = intent(newId())): Promise<Receipt> {
  const result = await room.append(DEFAULT_TENANT, entry);
  if (!result.ok) throw new Error(result.reason);
  return result.value;
}

async function reopen(settings: Partial<JournalSettings> = SMALL): Promise<void> {
  await room.close();
  room = await opened({ ...journalDeps(ground.vault, systemFiles, dir), settings });
}

async function all(query: object = {}): Promise<readonly StoredRecord[]> {
  const page = await room.query(DEFAULT_TENANT, { limit: 1000, ...query });
  if (!page.ok) throw new Error(page.reason);
  return page.value.records;
}

describe('append', () => {
  test('gives indexes in the order of the calls and opens every log with a record of its epoch', async () => {
    const receipts = await Promise.all(Array.from({ length: 100 }, () => append()));
    expect(receipts.map((receipt) => receipt.index)).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
    expect((await all()).at(-1)?.record).toMatchObject({ kind: 'system', action: 'audit.journal.opened', object: 'epoch 1' });
  });

  test('goes on in a new epoch after a restart, without a gap', async () => {
    const before = await append(outcome('01J8ZQ4Y7N0M3T5V9X2B6C8D1E', 0));
    await reopen();
    const afterwards = await append();
    expect(afterwards).toMatchObject({ epoch: before.epoch + 1, index: before.index + 2 });
  });

  test('keeps nothing of a secret in clear, and nobody else may read the files', async () => {
    await append(intent(newId(), { name: 'canary-7d1f' }));
    for (const name of readdirSync(join(dir, 'default'))) {
      expect(readFileSync(join(dir, 'default', name)).includes('canary-7d1f')).toBe(false);
      expect(statSync(join(dir, 'default', name)).mode & 0o077).toBe(0);
    }
    const [newest] = await all({ kind: 'intent' });
    expect(newest === undefined ? null : room.open(newest)).toEqual({ ok: true, value: { name: 'canary-7d1f' } });
  });

  test.each<[string, string, Parameters<AuditRoom['append']>[1], string]>([
    [
      'a record of another tenant',
      'default',
      { ...intent('1'), record: { ...intent('1').record, tenant: 'other' } },
      'audit.record_malformed',
    ],
    ['a lone surrogate', 'default', { ...intent('1'), record: { ...intent('1').record, tool: '\ud800' } }, 'audit.record_malformed'],
    [
      'a public part over 65,535 bytes',
      'default',
      { ...intent('1'), record: { ...intent('1').record, object: 'x'.repeat(65_536) } },
      'audit.record_too_large',
    ],
    ['a payload that fits in no segment', 'default', intent('1', { text: 'x'.repeat(16 * 1024) }), 'audit.record_too_large'],
    [
      'a log name that climbs out of the directory',
      '../x',
      { ...intent('1'), record: { ...intent('1').record, tenant: '../x' } },
      'audit.log_unknown',
    ],
    ['an empty log name', '', intent('1'), 'audit.log_unknown'],
  ])('%s is refused', async (_name, log, entry, reason) => {
    expect(await room.append(log as TenantId, entry)).toMatchObject({ ok: false, reason });
    expect(room.writable).toBe(true);
  });

  test('refuses what exceeds the backlog, and takes more once it is written', async () => {
    await reopen({ ...SMALL, backlogRecords: 10 });
    const results = await Promise.all(Array.from({ length: 12 }, () => room.append(DEFAULT_TENANT, intent(newId()))));
    expect(results.map((result) => (result.ok ? 'ok' : result.reason)).slice(9)).toEqual([
      'ok',
      'audit.backlog_full',
      'audit.backlog_full',
    ]);
    await append();
  });

  test('after close refuses, and what was appended before is there', async () => {
    const pending = append();
    await room.close();
    expect((await pending).index).toBe(1);
    expect(await room.append(DEFAULT_TENANT, intent(newId()))).toMatchObject({ reason: 'audit.journal_unavailable' });
    expect(room.writable).toBe(false);
  });

  test('keeps a log for each tenant', async () => {
    const other = 'other' as TenantId;
    await room.append(other, { ...intent('1'), record: { ...intent('1').record, tenant: other } });
    expect(room.logs).toEqual(['default', 'other']);
    expect(await room.verify(other)).toMatchObject({ value: { records: 2, damage: null } });
    await reopen();
    expect(room.logs).toEqual(['default', 'other']);
  });
});

test('an intent without outcome is closed as unknown, before anything else is appended', async () => {
  const { index } = await append(intent('01J8ZQ4Y7N0M3T5V9X2B6C8D1E'));
  await reopen();
  const [newest, second] = await all();
  expect(newest?.record).toMatchObject({ action: 'audit.journal.opened', object: 'epoch 2' });
  expect(second?.record).toMatchObject({
    kind: 'outcome',
    id: '01J8ZQ4Y7N0M3T5V9X2B6C8D1E',
    intent: index,
    status: 'unknown',
    reason: 'audit.outcome_unknown',
  });
  await reopen();
  expect(await all({ status: 'unknown' })).toHaveLength(1);
});

test('an open intent is found however far back it lies', async () => {
  const { index } = await append();
  for (let i = 0; i < 60; i++) await append(outcome(newId(), 999));
  await reopen({ ...SMALL, checkAtOpenBytes: 1 });
  expect((await all({ status: 'unknown' })).map(({ record }) => record.intent)).toEqual([index]);
});

describe('follow', () => {
  test('hands over history and then what comes, in order, awaiting each', async () => {
    for (let i = 0; i < 50; i++) await append();
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
    await Promise.all(Array.from({ length: 80 }, () => append()));
    expect(await following).toEqual({ ok: true, value: 131 });
    expect(seen).toEqual(Array.from({ length: 124 }, (_, i) => i + 7));
  });

  test('ends with the journal, at the index to go on from', async () => {
    await append();
    const following = room.follow(DEFAULT_TENANT, { from: 0, onRecord: () => undefined, signal: new AbortController().signal });
    await turn();
    await room.close();
    expect(await following).toEqual({ ok: true, value: 2 });
  });

  test('knows no log that there is not', async () => {
    const request = { from: 0, onRecord: () => undefined, signal: new AbortController().signal };
    expect(await room.follow('none' as TenantId, request)).toMatchObject({ reason: 'audit.log_unknown' });
  });
});

describe('query', () => {
  test('pages through everything, newest first, across segments', async () => {
    for (let i = 0; i < 120; i++) await append();
    const indexes: number[] = [];
    for (let before: number | null = 121; before !== null; ) {
      const page = await room.query(DEFAULT_TENANT, { limit: 25, before });
      if (!page.ok) throw new Error(page.reason);
      indexes.push(...page.value.records.map(({ index }) => index));
      before = page.value.next;
    }
    expect(indexes).toEqual(Array.from({ length: 121 }, (_, i) => 120 - i));
  });

  test('finds by id, kind, fields, reason prefix and time', async () => {
    const id = newId();
    const { index } = await append(intent(id));
    await append(outcome(id, index));
    const denied = {
      ...intent(newId()).record,
      kind: 'refusal' as const,
      status: 'refused' as const,
      reason: 'identity.token_expired',
      time: 5000,
    };
    await append({ record: denied, secret: null });
    expect((await all({ id })).map(({ record }) => record.kind)).toEqual(['outcome', 'intent']);
    expect(await all({ id, kind: 'intent' })).toHaveLength(1);
    expect(await all({ reason: 'identity' })).toHaveLength(1);
    expect(await all({ reason: 'ident' })).toHaveLength(0);
    expect(
      await all({ reason: 'identity.token_expired', status: 'refused', server: 'everything', tool: 'echo', method: 'tools/call' }),
    ).toHaveLength(1);
    expect(await all({ since: 4000, until: 5000 })).toHaveLength(1);
    expect(await all({ until: 4999 })).toHaveLength(0);
    expect(await all({ principal: 'nobody' })).toHaveLength(0);
  });
});

test('verify counts what is there', async () => {
  const { index } = await append();
  await append();
  await append(outcome(newId(), index));
  expect(await room.verify(DEFAULT_TENANT)).toMatchObject({ ok: true, value: { records: 4, openIntents: 1, damage: null } });
});

test('a payload that was moved to another record does not open', async () => {
  await append(intent(newId()));
  await append(intent(newId()));
  const [second, first] = await all({ kind: 'intent' });
  if (first === undefined || second === undefined) throw new Error('no records');
  expect(room.open({ ...first, envelope: second.envelope })).toMatchObject({ ok: false, reason: 'vault.envelope_damaged' });
  expect(room.open({ ...first, envelope: null })).toMatchObject({ ok: false, reason: 'vault.envelope_damaged' });
});

test('a directory that cannot be made is refused', async () => {
  expect(await openJournal(journalDeps(ground.vault, systemFiles, join(ground.directory, 'keys', 'journal')))).toMatchObject({
    ok: false,
    reason: 'audit.journal_unavailable',
  });
});
