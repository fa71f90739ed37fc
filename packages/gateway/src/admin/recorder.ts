import { canonicalize, type PublicPart } from '@sallyport/ledger';
import type { Clock } from '../base/clock.ts';
import { DEFAULT_TENANT, type ExchangeId } from '../base/ids.ts';
import { failure, type Result } from '../base/result.ts';
import type { Journal, Receipt } from '../contracts/journal.ts';
import type { JsonObject } from '../contracts/json.ts';
import type { Principal } from '../contracts/principal.ts';
import type { AuditReason } from '../contracts/reasons/audit.ts';

/** What stands in the record of one administrative request. */
export interface Entry {
  readonly kind: 'administration' | 'refusal' | 'authentication';
  readonly id: ExchangeId;
  readonly principal: Principal | null;
  readonly action: string | null;
  /** The object by its id: public, so never a name that a person chose for themselves. */
  readonly object: string | null;
  readonly status: 'ok' | 'error' | 'refused' | null;
  readonly reason: string | null;
  /** Index of the record that this one closes. */
  readonly intent: number | null;
  /** Sealed: names, addresses, what was asked for and what changed. Secrets are out of it already. */
  readonly details: JsonObject;
  readonly count: number;
}

export type Record = (entry: Entry) => Promise<Result<Receipt, AuditReason>>;

/** Writes a request's records. Nothing is done, and nothing answered, before its record is durable. */
export const recorder =
  (journal: Journal, clock: Clock, snapshot: () => string): Record =>
  async (entry) => {
    const secret = canonicalize(entry.details);
    if (!secret.ok) return failure('audit.record_malformed', secret.reason);
    const tenant = entry.principal?.tenant ?? DEFAULT_TENANT;
    return journal.append(tenant, { record: publicPart(entry, tenant, clock.now(), snapshot()), secret: Buffer.from(secret.value) });
  };

function publicPart(entry: Entry, tenant: string, time: number, snapshot: string): Omit<PublicPart, 'sealed'> {
  return {
    v: 1,
    kind: entry.kind,
    tenant,
    id: entry.id,
    time,
    via: 'api',
    snapshot,
    ...(entry.principal === null ? {} : { principal: entry.principal.id, credential: entry.principal.credential.id }),
    ...(entry.action === null ? {} : { action: entry.action }),
    ...(entry.object === null ? {} : { object: entry.object }),
    ...(entry.status === null ? {} : { status: entry.status }),
    ...(entry.reason === null ? {} : { reason: entry.reason }),
    ...(entry.intent === null ? {} : { intent: entry.intent }),
    ...(entry.count === 1 ? {} : { count: entry.count }),
  };
}
