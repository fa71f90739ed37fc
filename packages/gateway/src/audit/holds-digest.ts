import type { TenantId } from '../base/ids.ts';
import type { Result } from '../base/result.ts';
import type { JsonObject } from '../contracts/json.ts';
import type { VaultReason } from '../contracts/reasons/vault.ts';
import { holdsValue, type KeyedDigest, searchedIn } from './keyed-digest.ts';
import type { Query, Search } from './query.ts';
import type { StoredRecord } from './stored-record.ts';

export interface Opening {
  readonly open: (record: StoredRecord) => Result<JsonObject | null, VaultReason>;
  readonly keyed: KeyedDigest;
}

/** The query as it is carried out: with a look into the sealed arguments where a value is searched for. */
export function searchOf(opening: Opening, tenant: TenantId, { value, ...query }: Query): Search {
  return value === undefined ? query : { ...query, holds: (stored) => holdsDigest(opening, tenant, stored, value) };
}

/** Records without arguments are not opened. */
function holdsDigest({ open, keyed }: Opening, tenant: TenantId, stored: StoredRecord, digest: string): boolean {
  const { argumentsDigest, decision } = stored.record;
  if (stored.envelope === null || (argumentsDigest === undefined && decision === undefined)) return false;
  const payload = open(stored);
  if (!payload.ok) throw new Error(`record ${stored.index} cannot be opened: ${payload.reason}`);
  return payload.value !== null && holdsValue(keyed, tenant, searchedIn(payload.value), digest);
}
