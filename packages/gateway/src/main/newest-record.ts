import type { AuditRoom } from '../audit/index.ts';
import { DEFAULT_TENANT } from '../base/ids.ts';
import { type Result, success } from '../base/result.ts';
import type { AuditReason } from '../contracts/reasons/audit.ts';
import type { Position } from '../storage/index.ts';

/** The newest durable record; null where there is none, or where it cannot be read now. */
export async function newestOf(journal: AuditRoom): Promise<Position | null> {
  const page = await journal.query(DEFAULT_TENANT, { limit: 1 });
  const newest = page.ok ? page.value.records[0] : undefined;
  return newest === undefined ? null : { index: newest.index, leaf: newest.leaf };
}

/** The leaf of a record; null where the log does not reach that far. */
export async function leafAt(journal: AuditRoom, index: number): Promise<Result<string | null, AuditReason>> {
  const newest = await newestOf(journal);
  // Following beyond the end would wait for it.
  if (newest === null || newest.index < index) return success(null);
  const enough = new AbortController();
  let leaf: string | null = null;
  const read = await journal.follow(DEFAULT_TENANT, {
    from: index,
    signal: enough.signal,
    onRecord: (stored) => {
      leaf = stored.index === index ? stored.leaf : null;
      enough.abort();
    },
  });
  return read.ok ? success(leaf) : read;
}
