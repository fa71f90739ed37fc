import type { TenantId } from '../base/ids.ts';
import type { Logger } from '../base/log.ts';
import { type Result, success } from '../base/result.ts';
import type { ConfigReason } from '../contracts/reasons/config.ts';
import type { PolicyReason } from '../contracts/reasons/policy.ts';
import type { Snapshot, SnapshotSource } from '../contracts/snapshot.ts';
import { type Built, buildWithDocument, type SnapshotContent } from './build-snapshot.ts';

/** The snapshots in force, one a tenant. */
export interface Snapshots extends SnapshotSource {
  /** True once the tenant has one. */
  has(tenant: TenantId): boolean;
  /** Builds a snapshot, which is in force once `put` was called; for what has to be done in between. */
  prepare(content: SnapshotContent): Result<Prepared, ConfigReason | PolicyReason>;
  /** Builds a snapshot and puts it in force; on a failure the old one stays. Equal content changes nothing and tells nobody. */
  offer(content: SnapshotContent): Result<Snapshot, ConfigReason | PolicyReason>;
}

export interface Prepared {
  /** What its decisions are made by: to be kept before the first of them. */
  readonly document: Built['document'];
  put(): Snapshot;
}

type Listener = (snapshot: Snapshot) => void;

export function openSnapshots({ log }: { readonly log: Logger }): Snapshots {
  const held = new Map<TenantId, Snapshot>();
  const listeners = new Set<Listener>();
  let sequence = 0;
  const put = (built: Snapshot): Snapshot => {
    const before = held.get(built.tenant);
    if (before?.digest === built.digest) return before;
    sequence += 1;
    const snapshot = Object.freeze({ ...built, sequence });
    held.set(snapshot.tenant, snapshot);
    const { tenant, digest } = snapshot;
    log.info('config.snapshot.applied', { tenant, sequence, digest, before: before?.digest ?? null });
    tell(listeners, snapshot, log);
    return snapshot;
  };
  const prepare: Snapshots['prepare'] = (content) => {
    const built = buildWithDocument(content, sequence + 1);
    if (!built.ok) {
      log.error('config.snapshot.refused', { tenant: content.tenant, reason: built.reason, detail: built.detail });
      return built;
    }
    const { snapshot, document } = built.value;
    return success({ document, put: () => put(snapshot) });
  };
  return {
    has: (tenant) => held.has(tenant),
    tenants: () => [...held.keys()],
    current: (tenant) => {
      const snapshot = held.get(tenant);
      // No call can come before the first snapshot; if one does, the line makes the throw a denial.
      if (snapshot === undefined) throw new Error('the tenant has no snapshot');
      return snapshot;
    },
    onChange: (listener) => {
      // Wrapped, so that one function that subscribes twice has two subscriptions with two ends.
      const own: Listener = (snapshot) => listener(snapshot);
      listeners.add(own);
      return () => void listeners.delete(own);
    },
    prepare,
    offer: (content) => {
      const prepared = prepare(content);
      return prepared.ok ? success(prepared.value.put()) : prepared;
    },
  };
}

function tell(listeners: ReadonlySet<Listener>, snapshot: Snapshot, log: Logger): void {
  for (const listener of [...listeners]) {
    try {
      listener(snapshot);
    } catch (error) {
      log.error('config.snapshot.listener_failed', { error: String(error).slice(0, 300) });
    }
  }
}
