import { canonicalize, type PublicPart } from '@sallyport/ledger';
import type { Clock } from '../base/clock.ts';
import { DEFAULT_TENANT, type ExchangeId } from '../base/ids.ts';
import { failure, type Result, success } from '../base/result.ts';
import type { Journal, JournalEntry, Receipt } from '../contracts/journal.ts';
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
}

export interface Recorder {
  /** Resolves once the record is durable. */
  write(entry: Entry): Promise<Result<Receipt, AuditReason>>;
  /** For refusals before authentication: recorded one by one up to a rate by place, then counted (DESIGN section 4, "Records"). */
  refuse(place: string, entry: Entry): Promise<Result<Receipt | null, AuditReason>>;
}

/** Writes a request's records. Nothing is done, and nothing answered, before its record is durable. */
export function recorder(journal: Journal, clock: Clock, snapshot: () => string): Recorder {
  const draft = (entry: Entry): Result<JournalEntry, AuditReason> => {
    const secret = canonicalize(entry.details);
    if (!secret.ok) return failure('audit.record_malformed', secret.reason);
    const tenant = entry.principal?.tenant ?? DEFAULT_TENANT;
    return success({ record: publicPart(entry, tenant, clock.now(), snapshot()), secret: Buffer.from(secret.value) });
  };
  return {
    write: async (entry) => {
      const drafted = draft(entry);
      return drafted.ok ? journal.append(entry.principal?.tenant ?? DEFAULT_TENANT, drafted.value) : drafted;
    },
    refuse: async (place, entry) => {
      const drafted = draft(entry);
      return drafted.ok ? journal.refuse(DEFAULT_TENANT, place, drafted.value) : drafted;
    },
  };
}

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
  };
}
