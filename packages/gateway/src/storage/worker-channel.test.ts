import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { silentLogger } from '../base/log.ts';
import { STORAGE_LIMITS } from './storage-limits.ts';
import { WorkerChannel } from './worker-channel.ts';

const FOREVER = 'with recursive n(i) as (select 1 union all select i + 1 from n where i < 1000000) select count(*) as n from n';
const query = (sql: string) => ({ kind: 'query', sql, parameters: [], inTransaction: false }) as const;

let dir: string;
let channel: WorkerChannel;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'sallyport-channel-'));
  closeSync(openSync(join(dir, 'x.db'), 'wx', 0o600));
  const opened = await WorkerChannel.open({ file: join(dir, 'x.db'), key: new Uint8Array(32) }, { log: silentLogger });
  if (!(opened instanceof WorkerChannel)) throw new Error(opened.detail);
  channel = opened;
});
afterEach(async () => {
  vi.useRealTimers();
  await channel.close();
  rmSync(dir, { recursive: true });
});

test('a statement over its time is refused, makes the store unavailable, and order holds once it ends', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const slow = channel.send(query(FOREVER));
  const refused = expect(slow).rejects.toMatchObject({ reason: 'storage.unavailable' });
  vi.advanceTimersByTime(STORAGE_LIMITS.statementMs);
  await refused;
  expect(channel.available).toBe(false);
  vi.useRealTimers();
  expect((await channel.send(query('select 1 as one'))).rows).toEqual([{ one: 1 }]);
  expect(channel.available).toBe(true);
});

test('a transaction that nobody ended does not swallow the next owner’s writes', async () => {
  await channel.send(query('create table t (a integer)'));
  await channel.send({ kind: 'begin' });
  await channel.send({ ...query('insert into t values (1)'), inTransaction: true });
  await channel.send(query('insert into t values (2)'));
  expect((await channel.send(query('select a from t'))).rows).toEqual([{ a: 2 }]);
});

test('more rows than the bound are an error, not memory', async () => {
  const many = `with recursive n(i) as (select 1 union all select i + 1 from n where i <= ${STORAGE_LIMITS.rows}) select i from n`;
  await expect(channel.send(query(many))).rejects.toThrow('more than');
});

test('what waits when the store closes is refused', async () => {
  const [slow, closing] = [channel.send(query(FOREVER)), channel.close()];
  expect((await slow).rows.length).toBe(1);
  await closing;
  await expect(channel.send(query('select 1'))).rejects.toMatchObject({ reason: 'storage.unavailable' });
});
