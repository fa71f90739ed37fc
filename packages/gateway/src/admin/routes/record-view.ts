import type { AuditRoom, StoredRecord } from '../../audit/index.ts';
import { type Result, success } from '../../base/result.ts';
import type { VaultReason } from '../../contracts/reasons/vault.ts';
import type { StoredRecord as StoredRecordView } from '../contract/record.ts';

/** The record as JSON. Absent keys stay absent: the public part is passed on as the leaf was made from it. */
export function recordView(audit: AuditRoom, stored: StoredRecord, payloads: boolean): Result<StoredRecordView, VaultReason> {
  const payload = payloads ? audit.open(stored) : success(null);
  if (!payload.ok) return payload;
  const { index, leaf, record } = stored;
  // The public part is passed on as it was read: the schema names only what every reader relies on.
  return success({
    index,
    leaf,
    record: record as unknown as StoredRecordView['record'],
    payload: payload.value as StoredRecordView['payload'],
  });
}

/** All of them, or the first failure: a page with a hole would read as if nothing were missing. */
export function recordViews(audit: AuditRoom, stored: readonly StoredRecord[], payloads: boolean): Result<StoredRecordView[], VaultReason> {
  const views: StoredRecordView[] = [];
  for (const record of stored) {
    const view = recordView(audit, record, payloads);
    if (!view.ok) return view;
    views.push(view.value);
  }
  return success(views);
}
