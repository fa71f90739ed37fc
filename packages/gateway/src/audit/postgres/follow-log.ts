import type { TenantId } from '../../base/ids.ts';
import { type Result, success } from '../../base/result.ts';
import type { AuditReason } from '../../contracts/reasons/audit.ts';
import type { Querying } from '../../storage/index.ts';
import type { FollowRequest } from '../follow.ts';
import type { PostgresLogWriter } from './log-writer.ts';
import { damaged, PAGE, readRecord } from './read-record.ts';
import { readForward } from './record-store.ts';

/** How soon a record of another gateway is seen. */
const LOOK_MS = 200;

/** Hands over every durable record from an index on, whichever gateway wrote it, in order and without gaps. */
export async function followLog(
  database: Querying,
  log: TenantId,
  writer: PostgresLogWriter,
  { from, onRecord, signal }: FollowRequest,
): Promise<Result<number, AuditReason>> {
  let next = Math.max(0, from);
  while (!signal.aborted) {
    const last = writer.closed;
    const rows = await readForward(database, log, next, PAGE);
    if (rows.length === 0 && last) break;
    if (rows.length === 0) await change(writer, signal);
    for (const row of rows) {
      if (signal.aborted) return success(next);
      if (row.index !== next) return damaged(log, next, 'it is missing');
      const record = readRecord(log, row);
      if (!record.ok) return record;
      await onRecord(record.value.stored);
      next = row.index + 1;
    }
  }
  return success(next);
}

function change(writer: PostgresLogWriter, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      forget();
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, LOOK_MS).unref();
    const forget = writer.onChange(done);
    signal.addEventListener('abort', done, { once: true });
  });
}
