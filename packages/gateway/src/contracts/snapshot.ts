import type { ServerId, TenantId } from '../base/ids.ts';
import type { PolicySet } from './decision.ts';
import type { Registration } from './registration.ts';
import type { Settings } from './settings.ts';
import type { Prompt, ResourceTemplate, Tool } from './target.ts';

/** Everything a call is judged by, immutable, swapped in one assignment. Pins in every state are in it; guards look at the state. */
export interface Snapshot {
  readonly tenant: TenantId;
  /** Counts up from 1 within a process. */
  readonly sequence: number;
  /** SHA-256, hex, of the canonical content: two equal snapshots have equal digests. */
  readonly digest: string;
  readonly servers: ReadonlyMap<ServerId, Registration>;
  /** By qualified name, in the order that lists have. */
  readonly tools: ReadonlyMap<string, Tool>;
  readonly prompts: ReadonlyMap<string, Prompt>;
  readonly templates: ReadonlyMap<string, ResourceTemplate>;
  readonly policy: PolicySet;
  readonly settings: Settings;
}

export interface SnapshotSource {
  current(tenant: TenantId): Snapshot;
  /** Tenants that have one. */
  tenants(): readonly TenantId[];
  /** Called after each swap; returns the end of the subscription. */
  onChange(listener: (snapshot: Snapshot) => void): () => void;
}
