import { spawn } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../base/clock.ts';
import { silentLogger } from '../base/log.ts';
import { secureDirectory } from './data-directory.ts';
import { attempt, openStorage, type Storage } from './index.ts';

const KEY = Buffer.from('00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff', 'hex');
const CANARY = 'canary-9f4c1d-plaintext';

describe('openStorage', () => {
  let dir: string;
  let database: string;
  const open = (key = KEY) => openStorage({ dir, key, clock: systemClock, log: silentLogger });

  beforeEach(() => {
    dir = join(mkdtempSync(join(tmpdir(), 'sallyport-storage-')), 'data');
    database = join(dir, 'state.db');
  });
  afterEach(() => rmSync(join(dir, '..'), { recursive: true, force: true }));

  async function opened(): Promise<Storage> {
    const result = await open();
    if (!result.ok) throw new Error(`${result.reason}: ${result.detail}`);
    return result.value;
  }

  async function filled(): Promise<void> {
    const storage = await opened();
    await sql`create table note (tenant text, words text)`.execute(storage.queries());
    for (let i = 0; i < 200; i++)
      await sql`insert into note values ('default', ${`${CANARY} ${i} ${'x'.repeat(400)}`})`.execute(storage.queries());
    await storage.close();
  }

  function flip(offset: number): Buffer {
    const bytes = readFileSync(database);
    bytes.writeUInt8(bytes.readUInt8(offset) ^ 1, offset);
    writeFileSync(database, bytes);
    return bytes;
  }

  test('makes a private directory and private files whatever the umask is', async () => {
    const before = process.umask?.();
    const storage = await opened();
    await sql`create table note (words text)`.execute(storage.queries());
    expect(statSync(dir).mode & 0o777).toBe(0o700);
    for (const file of readdirSync(dir)) expect([file, statSync(join(dir, file)).mode & 0o777]).toEqual([file, 0o600]);
    await storage.close();
    expect(process.umask?.()).toBe(before);
  });

  test('keeps what was committed, and writes none of it in the clear, neither in the database nor in its log', async () => {
    const storage = await opened();
    await sql`create table note (words text)`.execute(storage.queries());
    await sql`insert into note values (${CANARY})`.execute(storage.queries());
    const bytes = readdirSync(dir).map((file) => copied(join(dir, file)));
    expect(bytes.some((content) => content.includes(CANARY) || content.includes('SQLite format 3'))).toBe(false);
    await storage.close();
    const again = await opened();
    expect((await sql`select words from note`.execute(again.queries())).rows).toEqual([{ words: CANARY }]);
    await again.close();
  });

  // A copy, since closing any descriptor of the file would drop this process's POSIX lock on it.
  function copied(file: string): Buffer {
    const copy = join(dir, '..', 'copy');
    copyFileSync(file, copy);
    return readFileSync(copy);
  }

  test('a second opening is told that the directory is in use, and the first goes on', async () => {
    const first = await opened();
    expect(await open()).toMatchObject({ ok: false, reason: 'storage.data_in_use' });
    expect((await attempt(() => sql`select 1 as one`.execute(first.queries()))).ok).toBe(true);
    await first.close();
    await (await opened()).close();
  });

  test('another process is told so as well, and may open once the first has closed', async () => {
    const first = await opened();
    expect(await openInProcess()).toBe('storage.data_in_use');
    await first.close();
    expect(await openInProcess()).toBe('open');
  });

  test('a holder that is killed gives the lock back and loses nothing that was acknowledged', async () => {
    const child = startProcess('hold');
    await line(child);
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
    const storage = await opened();
    expect((await sql`select words from kept`.execute(storage.queries())).rows).toEqual([{ words: 'acknowledged' }]);
    await storage.close();
  });

  function startProcess(mode: string) {
    const script = `
      import { openStorage } from ${JSON.stringify(new URL('./index.ts', import.meta.url).href)};
      import { sql } from 'kysely';
      const clock = { now: () => 0, monotonic: () => 0 };
      const result = await openStorage({ dir: process.env.DIR, key: Buffer.from(process.env.KEY, 'hex'), clock, log: console });
      if (!result.ok) { console.log(result.reason); process.exit(0); }
      if (process.env.MODE === 'hold') {
        await sql\`create table kept (words text)\`.execute(result.value.queries());
        await sql\`insert into kept values ('acknowledged')\`.execute(result.value.queries());
        console.log('open');
        await new Promise((resolve) => setTimeout(resolve, 60_000));
      }
      await result.value.close();
      console.log('open');`;
    const env = { DIR: dir, KEY: KEY.toString('hex'), MODE: mode };
    return spawn(process.execPath, ['--input-type=module', '-e', script], {
      env,
      cwd: import.meta.dirname,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
  }

  const openInProcess = () => line(startProcess('once'));

  function line(child: ReturnType<typeof startProcess>): Promise<string> {
    return new Promise((resolve) => child.stdout?.once('data', (text) => resolve(String(text).trim())));
  }

  test('a wrong key is named as such and changes nothing', async () => {
    await filled();
    const before = readFileSync(database);
    expect(await open(Buffer.alloc(32, 1))).toMatchObject({ ok: false, reason: 'storage.wrong_key' });
    expect(readFileSync(database)).toEqual(before);
    await (await opened()).close();
  });

  test('a key of another length is refused', async () => {
    expect(await open(Buffer.alloc(16))).toMatchObject({ ok: false, reason: 'storage.wrong_key' });
  });

  test.each([
    ['the salt', 3],
    ['the first page', 300],
    ['the middle', 40_000],
    ['the last page', -20],
  ])('a flipped byte in %s is damage, with how to recover, and the file stays as it is', async (_where, offset) => {
    await filled();
    const bytes = flip(offset < 0 ? statSync(database).size + offset : offset);
    expect(await open()).toMatchObject({ ok: false, reason: 'storage.damaged', detail: expect.stringContaining('restore') });
    expect(readFileSync(database)).toEqual(bytes);
  });

  test.each([
    ['cut short', () => truncateSync(database, statSync(database).size - 4096)],
    ['emptied', () => truncateSync(database, 0)],
    ['gone', () => rmSync(database)],
  ])('a database that is %s is damage, never a fresh start', async (_how, harm) => {
    await filled();
    harm();
    expect(await open()).toMatchObject({ ok: false, reason: 'storage.damaged' });
    expect(await open()).toMatchObject({ ok: false, reason: 'storage.damaged' });
  });

  test('a plain SQLite file or garbage in its place is not taken over', async () => {
    await filled();
    const garbage = Buffer.from(`SQLite format 3\0${'garbage'.repeat(2000)}`);
    writeFileSync(database, garbage);
    expect(await open()).toMatchObject({ ok: false, reason: 'storage.damaged' });
    expect(readFileSync(database)).toEqual(garbage);
  });

  test.each([
    ['the directory', () => dir],
    ['the database', () => database],
    ['the key check', () => join(dir, 'state.key-check')],
  ])('%s open to others is refused', async (_what, path) => {
    await filled();
    chmodSync(path(), 0o750);
    expect(await open()).toMatchObject({ ok: false, reason: 'storage.permissions', detail: expect.stringContaining('chmod') });
  });

  test('a link in place of the database is refused', async () => {
    await filled();
    copyFileSync(database, join(dir, '..', 'elsewhere'));
    rmSync(database);
    symlinkSync(join(dir, '..', 'elsewhere'), database);
    expect(await open()).toMatchObject({ ok: false, reason: 'storage.permissions' });
  });

  test.runIf(existsSync('/proc/self'))('a place that takes no folder is refused at once', async () => {
    expect(secureDirectory('/proc/sallyport/data')).toMatchObject({ ok: false, reason: 'storage.unavailable' });
  });

  test('a file in place of the directory is refused', async () => {
    writeFileSync(dir, '');
    expect(await open()).toMatchObject({ ok: false, reason: 'storage.unavailable' });
  });

  test('a newer layout is refused', async () => {
    const storage = await opened();
    await sql`insert into schema_migration values ('storage', '2', 0)`.execute(storage.queries());
    await storage.close();
    expect(await open()).toMatchObject({ ok: false, reason: 'storage.newer_version' });
  });

  test('a closed store refuses everything and says so', async () => {
    const storage = await opened();
    await storage.close();
    expect(storage.available).toBe(false);
    expect(await attempt(() => storage.transact(async () => 1))).toMatchObject({ ok: false, reason: 'storage.unavailable' });
  });
});
