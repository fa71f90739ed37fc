import type { Clock } from '../base/clock.ts';
import type { TenantId } from '../base/ids.ts';
import type { Logger } from '../base/log.ts';
import { type Result, success } from '../base/result.ts';
import type { Prober } from '../contracts/prober.ts';
import type { StorageReason } from '../contracts/reasons/storage.ts';
import type { Sealer } from '../contracts/vault.ts';
import { inTurnOverAll, migrate, type Storage } from '../storage/index.ts';
import { type Approval, approveTool } from './approve-tool.ts';
import type { InTurn, Outcome, VerbDeps } from './deps.ts';
import { labelServer } from './label-server.ts';
import { lanes } from './lanes.ts';
import { limitServer } from './limit-server.ts';
import { listServers } from './list-servers.ts';
import { REGISTRY_MIGRATIONS } from './migrations/index.ts';
import { type Named, planServers, type ServerPlan } from './plan-servers.ts';
import { probeServer } from './probe-server.ts';
import type { Lists } from './read-offer.ts';
import { type Reconciliation, reconcileServers } from './reconcile-servers.ts';
import { refreshServer } from './refresh-server.ts';
import { registerServer } from './register-server.ts';
import { removeServer } from './remove-server.ts';
import { SchemaSandbox, Validators } from './schemas/index.ts';
import { setEnabled } from './set-enabled.ts';
import { showServer } from './show-server.ts';
import { buildState, type RegistryState } from './state.ts';
import { openRegistryStore } from './store.ts';
import type { ServerView, ToolView } from './view-server.ts';

/** The verbs of this room. What they change, they change one after another; after each success the caller builds a new snapshot. */
export interface Registry {
  /** @param input what a person wrote: see `ServerInput`. */
  register(tenant: TenantId, input: unknown): Outcome<ServerView>;
  /** What registering the same would pin. Stores nothing. */
  probe(tenant: TenantId, input: unknown): Outcome<ServerView>;
  list(tenant: TenantId): Outcome<readonly ServerView[]>;
  show(tenant: TenantId, server: string): Outcome<ServerView>;
  approve(tenant: TenantId, approval: Approval): Outcome<ToolView>;
  /** @param live the lists that were seen in passing, or null to ask the server. */
  refresh(tenant: TenantId, server: string, live: Lists | null): Outcome<ServerView>;
  remove(tenant: TenantId, server: string): Outcome<null>;
  setEnabled(tenant: TenantId, server: string, enabled: boolean): Outcome<null>;
  /** @param limits what a person wrote: see `CallLimits`; null: none. */
  limit(tenant: TenantId, server: string, limits: unknown): Outcome<ServerView>;
  /** @param labels what a person wrote: see `ServerLabels`; null: none. */
  label(tenant: TenantId, server: string, labels: unknown): Outcome<ServerView>;
  /** Finds out what it takes to have the servers that a file names. Nothing is changed. */
  plan(tenant: TenantId, named: readonly Named[]): Outcome<ServerPlan>;
  /** Makes them so, all or none. */
  reconcile<R extends string>(tenant: TenantId, reconciliation: Reconciliation<R>): ReturnType<typeof reconcileServers<R>>;
  state(tenant: TenantId): Promise<Result<RegistryState, StorageReason>>;
  /** Ends the schema workers. */
  close(): Promise<void>;
}

export interface RegistryDeps {
  readonly storage: Storage;
  /** Of purpose `state`: for what a server is started or asked with, where the store's own files are readable, and needed there. */
  readonly sealer?: Sealer;
  readonly prober: Prober;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Servers that are started and asked at the same time while they are registered. */
const STARTS_AT_ONCE = 4;

/** Brings the tables up to date and opens the registry. */
export async function openRegistry({ storage, sealer, prober, clock, log }: RegistryDeps): Promise<Result<Registry, StorageReason>> {
  const migrated = await migrate(storage, 'registry', REGISTRY_MIGRATIONS);
  if (!migrated.ok) return migrated;
  // Two sandboxes: compiling a bomb at registration must not make calls of other tools wait.
  const compiling = new SchemaSandbox();
  const validating = new SchemaSandbox();
  const deps: VerbDeps = { store: openRegistryStore(storage, sealer), prober, sandbox: compiling, clock, log };
  const validators = new Validators(validating);
  // An approval that read a pin must not overwrite what a refresh has found in the meantime.
  const lane = lanes(1);
  const inTurn: InTurn = (work) => lane(() => inTurnOverAll(storage, 'registry', work));
  const starting = lanes(STARTS_AT_ONCE);
  return success({
    register: (tenant, input) => starting(() => registerServer(deps, inTurn, tenant, input)),
    probe: (tenant, input) => starting(() => probeServer(deps, tenant, input)),
    list: (tenant) => listServers(deps, tenant),
    show: (tenant, server) => showServer(deps, tenant, server),
    approve: (tenant, approval) => inTurn(() => approveTool(deps, tenant, approval)),
    refresh: (tenant, server, live) => starting(() => refreshServer(deps, inTurn, tenant, { id: server, live })),
    remove: (tenant, server) => inTurn(() => removeServer(deps, tenant, server)),
    setEnabled: (tenant, server, enabled) => inTurn(() => setEnabled(deps, tenant, server, enabled)),
    limit: (tenant, server, limits) => inTurn(() => limitServer(deps, tenant, server, limits)),
    label: (tenant, server, labels) => inTurn(() => labelServer(deps, tenant, server, labels)),
    plan: (tenant, named) => starting(() => planServers(deps, tenant, named)),
    reconcile: (tenant, reconciliation) =>
      inTurn(() => reconcileServers(deps, (stored) => buildState(validators, stored), tenant, reconciliation)),
    state: (tenant) => readState(deps, validators, tenant),
    close: async () => {
      await Promise.all([compiling.close(), validating.close()]);
    },
  });
}

async function readState(deps: VerbDeps, validators: Validators, tenant: TenantId): Promise<Result<RegistryState, StorageReason>> {
  const stored = await deps.store.everything(tenant);
  if (!stored.ok) return stored;
  return success(buildState(validators, stored.value));
}
