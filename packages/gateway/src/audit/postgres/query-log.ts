import { type Result, success } from '../../base/result.ts';
import type { AuditReason } from '../../contracts/reasons/audit.ts';
import type { Querying } from '../../storage/index.ts';
import { matches, OPENED_BYTES, type QueryPage, type Search } from '../query.ts';
import type { StoredRecord } from '../stored-record.ts';
import { PAGE, readRecord } from './read-record.ts';
import { readBackward } from './record-store.ts';

/** What one page may look through: a query that finds nothing must not hold the server. */
const MOST_BYTES = 256 * 1024 * 1024;

/** One page of the records that fit, newest first. */
export async function queryTable(
  database: Querying,
  { log, end }: { readonly log: string; readonly end: number },
  query: Search,
): Promise<Result<QueryPage, AuditReason>> {
  const filter = { id: query.id ?? null, kind: query.kind ?? null, since: query.since ?? null, until: query.until ?? null };
  const found: StoredRecord[] = [];
  let before = Math.min(query.before ?? end, end);
  for (let read = 0; read < (query.holds === undefined ? MOST_BYTES : OPENED_BYTES); ) {
    const rows = await readBackward(database, { log, before }, filter, PAGE);
    if (rows.length === 0) return success({ records: found, next: null });
    for (const row of rows) {
      const record = readRecord(log, row);
      if (!record.ok) return record;
      before = row.index;
      read += row.frame.length;
      if (matches(record.value.stored, query)) found.push(record.value.stored);
      if (found.length >= query.limit) return success({ records: found, next: before > 0 ? before : null });
    }
  }
  return success({ records: found, next: before > 0 ? before : null });
}
