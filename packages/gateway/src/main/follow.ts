import type { AuditRoom, StoredRecord } from '../audit/index.ts';
import type { OpenedRecord } from '../contracts/running.ts';
import { type Rooms, TENANT } from './rooms.ts';

/** Every record from now on, payloads opened, for whoever sits at the terminal. */
export function followFromNow({ journal }: Rooms, onRecord: (record: OpenedRecord) => void): () => void {
  const controller = new AbortController();
  const run = async (): Promise<void> => {
    const newest = await journal.query(TENANT, { limit: 1 });
    const last = newest.ok ? newest.value.records[0] : undefined;
    const from = last === undefined ? 0 : last.index + 1;
    await journal.follow(TENANT, { from, onRecord: (stored) => onRecord(opened(journal, stored)), signal: controller.signal });
  };
  // The journal says by itself when it cannot be read; a screen that stays quiet is all that is lost here.
  run().catch(() => controller.abort());
  return () => controller.abort();
}

function opened(journal: AuditRoom, stored: StoredRecord): OpenedRecord {
  const payload = journal.open(stored);
  return { index: stored.index, leaf: stored.leaf, record: stored.record, payload: payload.ok ? payload.value : null };
}
