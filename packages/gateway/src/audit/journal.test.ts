// What every engine does alike is in test/contract/journal-suite.ts; here is what only segments have.

import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Ground, intent, journalDeps, newId, opened, outcome, prepareGround, SMALL } from '../../test/faults/journal.ts';
import { DEFAULT_TENANT } from '../base/ids.ts';
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

test('keeps nothing of a secret in clear, and nobody else may read the files', async () => {
  await append(intent(newId(), { name: 'canary-7d1f' }));
  for (const name of readdirSync(join(dir, 'default'))) {
    expect(readFileSync(join(dir, 'default', name)).includes('canary-7d1f')).toBe(false);
    expect(statSync(join(dir, 'default', name)).mode & 0o077).toBe(0);
  }
  const [newest] = await all({ kind: 'intent' });
  expect(newest === undefined ? null : room.open(newest)).toEqual({ ok: true, value: { name: 'canary-7d1f' } });
});

test('a payload that fits in no segment is refused', async () => {
  expect(await room.append(DEFAULT_TENANT, intent('1', { text: 'x'.repeat(16 * 1024) }))).toMatchObject({
    reason: 'audit.record_too_large',
  });
  expect(room.writable).toBe(true);
});

test('an open intent is found however far back it lies', async () => {
  const { index } = await append();
  for (let i = 0; i < 60; i++) await append(outcome(newId(), 999));
  await reopen({ ...SMALL, checkAtOpenBytes: 1 });
  expect((await all({ status: 'unknown' })).map(({ record }) => record.intent)).toEqual([index]);
});

test('a directory that cannot be made is refused', async () => {
  expect(await openJournal(journalDeps(ground.vault, systemFiles, join(ground.directory, 'keys', 'journal')))).toMatchObject({
    ok: false,
    reason: 'audit.journal_unavailable',
  });
});
