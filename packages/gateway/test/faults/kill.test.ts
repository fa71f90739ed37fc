import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemFiles } from '../../src/audit/index.ts';
import { DEFAULT_TENANT } from '../../src/base/ids.ts';
import { checkJournal } from './check-journal.ts';
import { type Ground, journalDeps, opened, prepareGround } from './journal.ts';

const KILLS = 20;

let ground: Ground;
beforeAll(() => {
  ground = prepareGround();
});
afterAll(() => ground.clear());

test(`kill -9, ${KILLS} times under load: nothing acknowledged is missing, nothing was forwarded without its intent`, async () => {
  const dir = join(ground.directory, 'journal');
  const acknowledged: string[] = [];
  let openIntents = 0;
  for (let kill = 1; kill <= KILLS; kill++) {
    acknowledged.push(...(await runAndKill(ground.directory)));
    const found = await checkJournal(systemFiles, dir, DEFAULT_TENANT, { acknowledged, forwarded: forwardedIds(ground.directory) });
    expect(found).toMatchObject({ missing: [], forwardedWithoutIntent: [], outOfOrder: [], damage: null });
    openIntents += found.openIntents.length;
  }
  expect(acknowledged.length).toBeGreaterThan(KILLS * 10);
  expect(openIntents).toBeGreaterThan(0);

  const room = await opened({ ...journalDeps(ground.vault, systemFiles, dir), settings: { segmentBytes: 1024 * 1024 } });
  await room.close();
  const found = await checkJournal(systemFiles, dir, DEFAULT_TENANT, { acknowledged, forwarded: forwardedIds(ground.directory) });
  expect(found).toMatchObject({ missing: [], forwardedWithoutIntent: [], openIntents: [], outOfOrder: [], damage: null });
  expect(found.closedAsUnknown).toBe(openIntents);
}, 120_000);

const forwardedIds = (directory: string): readonly string[] => wholeLines(readFileSync(join(directory, 'forwarded'), 'utf8'));

// A line that the kill cut short was not said.
const wholeLines = (output: string): readonly string[] => output.split('\n').slice(0, -1);

async function runAndKill(directory: string): Promise<readonly string[]> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'journal-child.ts'), directory], { stdio: ['ignore', 'pipe', 'pipe'] });
  const output = text(child.stdout);
  const errors = text(child.stderr);
  const ready = new Promise((resolve) => child.stdout.once('data', resolve));
  const ended = new Promise((resolve) => child.once('exit', resolve));
  await Promise.race([ready, ended]);
  await wait(10 + Math.random() * 120);
  child.kill('SIGKILL');
  await ended;
  expect(await errors).toBe('');
  return wholeLines(await output).filter((line) => line !== 'ready');
}
