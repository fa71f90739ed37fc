import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/log.ts';
import { openStorage, type Storage } from '../../src/storage/index.ts';

/** A real encrypted SQLite store in a directory of its own, which goes when the store is closed. */
export async function openSqlite(clock = systemClock): Promise<Storage> {
  const dir = mkdtempSync(join(tmpdir(), 'sallyport-contract-'));
  const opened = await openStorage({ dir, key: Buffer.alloc(32, 7), clock, log: silentLogger });
  if (!opened.ok) throw new Error(`${opened.reason}: ${opened.detail}`);
  const { value } = opened;
  const close = async () => {
    await value.close();
    rmSync(dir, { recursive: true, force: true });
  };
  return { ...value, close };
}
