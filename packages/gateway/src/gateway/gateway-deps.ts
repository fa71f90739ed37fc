import type { Clock } from '../base/clock.ts';
import type { TenantId } from '../base/ids.ts';
import type { Logger } from '../base/log.ts';
import type { Authenticator } from '../contracts/authenticator.ts';
import type { Journal } from '../contracts/journal.ts';
import type { SnapshotSource } from '../contracts/snapshot.ts';
import type { Tracer } from '../contracts/tracing.ts';
import type { Sealer } from '../contracts/vault.ts';
import type { HostRules, Readiness, TrustedProxies } from '../http/index.ts';
import type { LargeReader } from '../protocol/index.ts';
import type { Budgets } from './budget.ts';
import type { ArgumentScreen, ResultScreen } from './guard.ts';
import type { Held } from './held/open-held.ts';
import type { Shares } from './shares/shares.ts';
import type { Upstreams } from './upstream/upstream.ts';

/** The ports that the data plane stands on. */
export interface GatewayDeps {
  /** Whose log and settings hold for what comes before it is known who asks. */
  readonly tenant: TenantId;
  readonly clock: Clock;
  readonly log: Logger;
  readonly identity: Authenticator;
  readonly journal: Journal;
  readonly snapshots: SnapshotSource;
  readonly upstreams: Upstreams;
  readonly large: LargeReader;
  /** Shared with other gateways; null: this one keeps its own. */
  readonly budgets: Budgets | null;
  readonly shares: Shares | null;
  readonly held: Held;
  readonly ready: Readiness;
  /** Null where no traces are made. */
  readonly tracer: Tracer | null;
  readonly hosts: () => HostRules;
  readonly secure: boolean;
  /** Peers whose X-Forwarded-For is believed, as the configuration has them now. */
  readonly proxies: () => TrustedProxies;
  readonly keyed: (tenant: TenantId, text: string) => string;
  /** Seals what clients keep for the gateway. */
  readonly handles: Sealer;
  readonly inspect: { readonly arguments: readonly ArgumentScreen[]; readonly result: readonly ResultScreen[] };
  /** A server offers something else than what was pinned. */
  readonly onDrift: (tenant: TenantId, server: string) => void;
}
