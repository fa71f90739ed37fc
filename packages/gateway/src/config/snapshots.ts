import type { TenantId } from '../base/ids.ts';
import type { Logger } from '../base/log.ts';
import { type Result, success } from '../base/result.ts';
import type { ConfigReason } from '../contracts/reasons/config.ts';
import type { PolicyReason } from '../contracts/reasons/policy.ts';
import type { Snapshot, SnapshotSource } from '../contracts/snapshot.ts';
import { buildSnapshot, type SnapshotContent } from './build-snapshot.ts';

/** The snapshots in force, one a tenant. */
export interface Snapshots extends SnapshotSource {
  /** True once the tenant has one. */
  has(tenant: TenantId): boolean;
  /** Builds a snapshot and puts it in force; on a failure the old one stays. Equal content changes nothing and tells nobody. */
  offer(content: SnapshotContent): Result<Snapshot, ConfigReason | PolicyReason>;
}

type Listener = (snapshot: Snapshot) => void;

export function openSnapshots({ log }: { readonly log: Logger }): Snapshots {
  const held = new Map<TenantId, Snapshot>();
  const listeners = new Set<Listener>();
  let sequence = 0;
  return {
    has: (tenant) => held.has(tenant),
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
    offer: (content) => {
      const built = buildSnapshot(content, sequence + 1);
      if (!built.ok) {
        log.error('config.snapshot.refused', { tenant: content.tenant, reason: built.reason, detail: built.detail });
        return built;
      }
      const before = held.get(content.tenant);
      if (before?.digest === built.value.digest) return success(before);
      sequence = built.value.sequence;
      held.set(content.tenant, built.value);
      log.info('config.snapshot.applied', { tenant: content.tenant, sequence, digest: built.value.digest, before: before?.digest ?? null });
      tell(listeners, built.value, log);
      return built;
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
