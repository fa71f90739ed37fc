import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_TENANT } from '../../src/base/ids.ts';
import { checkJournal, receiptLine } from './check-journal.ts';
import { Disk, seeded } from './disk.ts';
import { type Ground, intent, journalDeps, newId, opened, prepareGround } from './journal.ts';

const DIR = '/journal';

let ground: Ground;
beforeAll(() => {
  ground = prepareGround();
});
afterAll(() => ground.clear());

const cases = (['EIO', 'ENOSPC', 'short'] as const).flatMap((fault) => Array.from({ length: 12 }, (_, i) => [fault, i + 2] as const));

describe('the first failed write ends the journal', () => {
  test.each(cases)('%s at write %i: no receipt without a durable record, and none afterwards', async (fault, nth) => {
    const disk = new Disk(seeded(nth), { failWrite: (n) => (n === nth ? fault : null) });
    const room = await opened(journalDeps(ground.vault, disk, DIR));
    const acknowledged: string[] = [];
    const reasons = new Set<string>();
    for (let round = 0; round < 30; round++) {
      const results = await Promise.all(Array.from({ length: 5 }, () => room.append(DEFAULT_TENANT, intent(newId()))));
      for (const result of results) if (result.ok) acknowledged.push(receiptLine(result.value));
      for (const result of results) if (!result.ok) reasons.add(result.reason);
      if (!room.writable) expect(results.every((result) => !result.ok)).toBe(true);
    }
    expect([...reasons]).toEqual(['audit.journal_poisoned']);
    expect(room.writable).toBe(false);
    await room.close();
    await expectAll(disk.survivors(), acknowledged);
  });

  test.each(['EIO', 'ENOSPC', 'short'] as const)('%s at the very first write: the journal does not open', async (fault) => {
    const disk = new Disk(seeded(1), { failWrite: () => fault });
    await expect(opened(journalDeps(ground.vault, disk, DIR))).rejects.toThrow('audit.journal_poisoned');
  });
});

test('a full disk refuses records, poisons nothing, and recording goes on once there is room', async () => {
  let full = false;
  const disk = new Disk(seeded(5), { full: () => full });
  const room = await opened(journalDeps(ground.vault, disk, DIR));
  const acknowledged: string[] = [];
  const append = async (): Promise<string> => {
    const result = await room.append(DEFAULT_TENANT, intent(newId(), { text: 'x'.repeat(2000) }));
    if (result.ok) acknowledged.push(receiptLine(result.value));
    return result.ok ? 'recorded' : result.reason;
  };
  full = true;
  const answers = [];
  for (let i = 0; i < 30; i++) answers.push(await append());
  expect(new Set(answers)).toEqual(new Set(['recorded', 'audit.journal_unavailable']));
  expect(room.writable).toBe(false);
  full = false;
  await expect.poll(() => room.writable, { timeout: 5000 }).toBe(true);
  for (let i = 0; i < 30; i++) expect(await append()).toBe('recorded');
  await room.close();
  await expectAll(disk.survivors(), acknowledged);
});

async function expectAll(content: ReadonlyMap<string, Buffer>, acknowledged: readonly string[]): Promise<void> {
  const disk = new Disk(seeded(1), {}, content);
  const again = await opened(journalDeps(ground.vault, disk, DIR));
  await again.close();
  const found = await checkJournal(disk, DIR, DEFAULT_TENANT, { acknowledged, forwarded: [] });
  expect(found).toMatchObject({ missing: [], openIntents: [], outOfOrder: [], damage: null });
}
