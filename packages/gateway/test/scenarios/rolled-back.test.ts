import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { silentLogger } from '../../src/base/log.ts';
import type { Result } from '../../src/base/result.ts';
import type { JsonObject } from '../../src/contracts/json.ts';
import type { Reason } from '../../src/contracts/reasons/index.ts';
import { startGateway } from '../../src/main.ts';
import { startOptions, startTestGateway } from './running-gateway.ts';
import { modern } from './wire.ts';

let folder: string;
let data: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-rolled-back-'));
  data = join(folder, 'data');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const copy = (from: string, to: string, choose: (name: string) => boolean): void => {
  for (const name of readdirSync(from).filter(choose)) {
    rmSync(join(to, name), { recursive: true, force: true });
    cpSync(join(from, name), join(to, name), { recursive: true });
  }
};
const ofState = (name: string): boolean => name.startsWith('state.db');
const ofJournal = (name: string): boolean => name === 'journal';

async function start(acceptChanged = false): Promise<Result<null, Reason>> {
  const started = await startGateway({ ...startOptions(data, silentLogger), acceptChanged });
  if (!started.ok) return started;
  await started.value.stop();
  return { ok: true, value: null };
}

/** A key that is made in one run and revoked in the next; copies of the directory from before and after. */
async function revoked(): Promise<{ readonly key: string; readonly before: string }> {
  const before = join(folder, 'before');
  const first = await startTestGateway({ data });
  const key = await first.key({ name: 'leaver', roles: ['reader'] });
  await first.stop();
  cpSync(data, before, { recursive: true });
  const second = await startTestGateway({ data });
  expect((await second.admin('POST', `/keys/${key.id}/revoke`)).status).toBe(200);
  await second.stop();
  return { key: key.text, before };
}

test('a state that is older than the journal does not start: a revoked key would work again', async () => {
  const { key, before } = await revoked();
  copy(before, data, ofState);
  expect(await start()).toMatchObject({
    ok: false,
    reason: 'storage.rolled_back',
    detail: expect.stringMatching(/state\.db is older.*put the newest copy back.*--accept-changed-state.*revoke again/s),
  });
  // Refused once more: nothing was made of it meanwhile.
  expect(await start()).toMatchObject({ ok: false, reason: 'storage.rolled_back' });
  const accepted = await startTestGateway({ data, start: { acceptChanged: true } });
  const records = (await accepted.records('kind=system')).map((row) => (row['record'] as JsonObject)['action']);
  expect(records).toContain('storage.rollback_accepted');
  expect((await modern({ mcp: accepted.mcp, key }, 1, 'tools/list')).status).toBe(200);
  await accepted.stop();
  expect(await start()).toMatchObject({ ok: true });
});

test('a state that is older by what was done within one run is noticed as well', async () => {
  const before = join(folder, 'before');
  const first = await startTestGateway({ data });
  await first.stop();
  cpSync(data, before, { recursive: true });
  const second = await startTestGateway({ data });
  await second.stop();
  copy(before, data, ofState);
  expect(await start()).toMatchObject({ ok: false, reason: 'storage.rolled_back' });
});

test('a journal that is older than the state does not start, and says which record is missing', async () => {
  const { before } = await revoked();
  copy(before, data, ofJournal);
  expect(await start()).toMatchObject({
    ok: false,
    reason: 'audit.journal_damaged',
    detail: expect.stringMatching(/journal default, record \d+.*older than the state.*put the newest copy of the folder/s),
  });
});

test('a whole directory that is put back is a restore, and starts; nothing outside it says otherwise', async () => {
  const { before } = await revoked();
  rmSync(data, { recursive: true });
  cpSync(before, data, { recursive: true });
  expect(await start()).toMatchObject({ ok: true });
});

test.each([
  ['garbage', 'x'.repeat(80)],
  ['nothing', ''],
])('a mark that holds %s does not start, and says which file', async (_name, text) => {
  expect(await start()).toMatchObject({ ok: true });
  writeFileSync(join(data, 'journal', '.high-water'), text);
  expect(await start()).toMatchObject({ ok: false, reason: 'storage.damaged', detail: expect.stringContaining('.high-water') });
});

test('a directory without a mark, as an older version left it, starts and has one then', async () => {
  expect(await start()).toMatchObject({ ok: true });
  const file = join(data, 'journal', '.high-water');
  rmSync(file);
  expect(await start()).toMatchObject({ ok: true });
  expect(existsSync(file)).toBe(true);
  expect(readFileSync(file, 'latin1')).toMatch(/^sallyport high water v1 \d+ \d+ [0-9a-f]{64}\n$/);
});
