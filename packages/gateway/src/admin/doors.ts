import type { TenantId } from '../base/ids.ts';
import type { Result } from '../base/result.ts';
import type { Authenticator } from '../contracts/authenticator.ts';
import type { Journal } from '../contracts/journal.ts';
import type { Principal } from '../contracts/principal.ts';
import type { OpenedRecord, RuntimeStatus } from '../contracts/running.ts';
import type { Grants } from '../policy/index.ts';
import type { Registry } from '../registry/index.ts';
import type { AdminReasons } from './answers.ts';
import type { IssuedKey, Key, NewKey } from './contract/key.ts';
import type { Page } from './contract/page.ts';
import type { LogQuery, Verification } from './contract/record.ts';

type Promised<T> = Promise<Result<T, AdminReasons>>;

/** Identity as administration needs it. */
export interface Keys {
  /** Refuses (`identity.scope_too_broad`) a key that may do more than `by`. */
  create(request: NewKey, by: Principal): Promised<IssuedKey>;
  list(tenant: TenantId): Promised<readonly Key[]>;
  /** Holds from the next request on, everywhere. Returns the key as it was. */
  revoke(tenant: TenantId, id: string): Promised<Key>;
  /** A new key for the same principal; the old one works on for the overlap. */
  rotate(tenant: TenantId, id: string, overlapMs: number, by: Principal): Promised<IssuedKey>;
}

export interface Following {
  /** Index of the first record wanted; null: from now on. */
  readonly from: number | null;
  readonly payloads: boolean;
  readonly signal: AbortSignal;
}

/** The audit log as its readers need it. */
export interface Log {
  query(tenant: TenantId, query: LogQuery): Promised<Page<OpenedRecord>>;
  /** Every record of one exchange, oldest first, payloads opened. `audit.record_unknown`. */
  show(tenant: TenantId, ref: string): Promised<readonly OpenedRecord[]>;
  /** In order, without gaps, until the signal. Nothing is read ahead of what is asked for but a bounded buffer. */
  follow(tenant: TenantId, following: Following): AsyncIterable<OpenedRecord>;
  verify(tenant: TenantId): Promised<Verification>;
}

/** Everything that the routes use, built by main. */
export interface AdminDoors {
  readonly authenticator: Authenticator;
  readonly journal: Journal;
  readonly keys: Keys;
  readonly registry: Registry;
  readonly grants: Grants;
  readonly log: Log;
  /** Builds, validates and swaps in a new snapshot. Where it fails the old one stays. */
  readonly apply: () => Promised<{ readonly sequence: number; readonly digest: string }>;
  readonly status: () => RuntimeStatus;
}
