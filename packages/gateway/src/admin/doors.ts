import type { AuditRoom } from '../audit/index.ts';
import type { KeyId, TenantId } from '../base/ids.ts';
import type { Result } from '../base/result.ts';
import type { PolicyInForce } from '../contracts/decision.ts';
import type { Reason } from '../contracts/reasons/index.ts';
import type { RuntimeStatus } from '../contracts/running.ts';
import type { Identity } from '../identity/index.ts';
import type { Grants, Policies } from '../policy/index.ts';
import type { Registry } from '../registry/index.ts';

/** Everything that the routes use, built by main. */
export interface AdminDoors {
  readonly identity: Identity;
  /** Ends what a key has open (sessions, streams) once it no longer works. */
  readonly onKeyEnded: (id: KeyId) => void;
  readonly registry: Registry;
  readonly grants: Grants;
  readonly policies: Policies;
  /** The operator's own policies of the snapshot in force. */
  readonly policiesInForce: (tenant: TenantId) => readonly PolicyInForce[];
  /** The journal and its readers. */
  readonly audit: AuditRoom;
  /** Builds, validates and swaps in a new snapshot from what is stored now. Where it fails the old one stays. */
  readonly apply: (by?: {
    readonly author: string;
    readonly cause: string;
  }) => Promise<Result<{ readonly sequence: number; readonly digest: string }, Reason>>;
  readonly status: () => RuntimeStatus;
  /** In the text format of Prometheus. */
  readonly metrics: () => Promise<string>;
}
