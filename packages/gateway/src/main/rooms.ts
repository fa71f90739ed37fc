import { join } from 'node:path';
import type { AuditRoom } from '../audit/index.ts';
import { random } from '../base/bytes.ts';
import type { Clock } from '../base/clock.ts';
import { DEFAULT_TENANT, type TenantId } from '../base/ids.ts';
import type { Logger } from '../base/log.ts';
import { type Result, success } from '../base/result.ts';
import { type Configuration, openSnapshots, openVersions, type Snapshots, type VersionFacts, type Versions } from '../config/index.ts';
import type { Reason } from '../contracts/reasons/index.ts';
import type { StartOptions } from '../contracts/running.ts';
import type { Tracer } from '../contracts/tracing.ts';
import type { Budgets, Held, Shares, Upstreams } from '../gateway/index.ts';
import { openBudgets, openHeld, openProber, openUpstreams, type Reaper, startReaper } from '../gateway/index.ts';
import { type Identity, openIdentity } from '../identity/index.ts';
import {
  checkedTool,
  type Grants,
  openGrants,
  openPolicies,
  openPolicyDocuments,
  type Policies,
  type PolicyDocuments,
} from '../policy/index.ts';
import { type LargeReader, openLargeReader } from '../protocol/index.ts';
import { openRegistry, type Registry } from '../registry/index.ts';
import type { Storage } from '../storage/index.ts';
import { Meter, openTracer } from '../telemetry/index.ts';
import type { Vault } from '../vault/index.ts';
import { type Configured, holdConfiguration, readFirst, withSecrets } from './configured.ts';
import { openAudit, openGround } from './open-ground.ts';
import { recordUnasked } from './record-unasked.ts';
import { touchingGrants, touchingPolicies, touchingRegistry } from './touching.ts';

/** Every room of a data directory, built bottom up. `close` goes the other way. */
export interface Rooms {
  readonly firstRun: boolean;
  /** What this gateway's connections to a shared database are called. */
  readonly name: string;
  readonly clock: Clock;
  readonly vault: Vault;
  readonly storage: Storage;
  readonly journal: AuditRoom;
  /** What was older than this gateway had seen it, and was taken as it is; null where nothing was. */
  readonly older: string | null;
  readonly meter: Meter;
  readonly tracer: Tracer | null;
  readonly configured: Configured;
  readonly versions: Versions;
  /** HMAC-SHA-256, hex, of what versions must not hold. */
  readonly keyed: (text: string) => string;
  readonly log: Logger;
  /** Wall time in milliseconds. */
  readonly startedAt: number;
  /** What was said already and is not repeated. */
  readonly told: { readonly outside: Map<TenantId, string>; version: VersionFacts | null };
  readonly identity: Identity;
  readonly grants: Grants;
  readonly policies: Policies;
  readonly documents: PolicyDocuments;
  readonly registry: Registry;
  readonly upstreams: Upstreams;
  readonly large: LargeReader;
  /** Shared with other gateways; null: this one keeps its own. */
  readonly budgets: Budgets | null;
  readonly shares: Shares | null;
  readonly held: Held;
  readonly snapshots: Snapshots;
  close(): Promise<void>;
}

type Opened<T> = Promise<Result<T, Reason>>;

export async function openRooms(options: StartOptions, clock: Clock): Opened<Rooms> {
  const closing: (() => Promise<void> | void)[] = [];
  const close = async (): Promise<void> => {
    for (const end of closing.splice(0).reverse()) await end();
  };
  const rooms = await build(options, clock, closing);
  if (rooms.ok) return success({ ...rooms.value, close });
  await close();
  return rooms;
}

async function build(options: StartOptions, clock: Clock, closing: (() => Promise<void> | void)[]): Opened<Omit<Rooms, 'close'>> {
  const { log, data } = options;
  const startedAt = clock.now();
  const read = readFirst(options, startedAt);
  if (!read.ok) return read;
  const configured = holdConfiguration(read.value);
  const ground = await openGround({ ...options, ...sharedBy(read.value) }, clock, closing);
  if (!ground.ok) return ground;
  const { vault, storage } = ground.value;
  const settings = () => configured.current().settings.keys;
  const identity = await openIdentity({ storage, mac: vault.mac('pepper'), clock, random, settings, log });
  if (!identity.ok) return identity;
  closing.push(() => identity.value.close());
  const meter = new Meter();
  const tracer = await openTracer(read.value.traces ?? options.traces ?? null);
  closing.push(() => tracer?.close());
  const audit = await openAudit(options, { clock, ground: ground.value, identity: identity.value, meter }, closing);
  if (!audit.ok) return audit;
  const snapshots = openSnapshots({ log });
  const decisive = await openDecisive(ground.value, { clock, log, snapshots }, closing);
  if (!decisive.ok) return decisive;
  const reaper = startReaper();
  closing.push(() => reaper.close());
  // One thread for what clients send and one for what servers answer: neither holds up the other.
  const [large, results] = [openLargeReader(), openLargeReader()];
  closing.push(() => Promise.all([large.close(), results.close()]).then(() => undefined));
  const dial = { ...dialDeps(options, clock, reaper, log), programs: () => configured.current().programs, large: results };
  const prober = withSecrets(openProber(dial), configured);
  const registry = await openRegistry({ storage, sealer: vault.sealer('state'), prober, clock, log });
  if (!registry.ok) return registry;
  closing.push(() => registry.value.close());
  const upstreams = openUpstreams({ ...dial, onUnasked: recordUnasked(audit.value.journal, clock) });
  closing.push(() => upstreams.close());
  const shared = await openBetween(ground.value, clock, closing);
  if (!shared.ok) return shared;
  const { firstRun, name } = ground.value;
  return success({
    firstRun,
    name,
    clock,
    vault,
    storage,
    ...audit.value,
    meter,
    tracer,
    configured,
    ...decisive.value,
    log,
    told: { outside: new Map(), version: null },
    startedAt,
    identity: identity.value,
    registry: touchingRegistry(registry.value, decisive.value.versions),
    upstreams,
    large,
    ...shared.value,
    snapshots,
    data,
  });
}

/** What gateways on one database have in common besides what they decide by. */
async function openBetween(
  { storage, name }: Pick<Rooms, 'storage' | 'name'>,
  clock: Clock,
  closing: (() => Promise<void> | void)[],
): Opened<Pick<Rooms, 'budgets' | 'shares' | 'held'>> {
  const budgets = await openBudgets(storage, clock, { tenant: TENANT, name });
  if (!budgets.ok) return budgets;
  closing.push(() => budgets.value.close());
  const held = await openHeld(storage, clock);
  if (!held.ok) return held;
  closing.push(() => held.value.close());
  return success({ budgets: budgets.value.budgets, shares: budgets.value.shares, held: held.value });
}

/** Grants, what decisions can be replayed by, and the history of both. */
async function openDecisive(
  { vault, storage }: Pick<Rooms, 'vault' | 'storage'>,
  { clock, log, snapshots }: Pick<Rooms, 'clock' | 'log' | 'snapshots'>,
  closing: (() => Promise<void> | void)[],
): Opened<Pick<Rooms, 'grants' | 'policies' | 'documents' | 'versions' | 'keyed'>> {
  const grants = await openGrants({ storage, clock, log });
  if (!grants.ok) return grants;
  closing.push(() => grants.value.close());
  const approved = (tenant: TenantId) =>
    snapshots.has(tenant) ? [...snapshots.current(tenant).tools.values()].filter(({ state }) => state === 'approved').map(checkedTool) : [];
  const policies = await openPolicies({ storage, clock, tools: approved });
  if (!policies.ok) return policies;
  const documents = await openPolicyDocuments({ storage, clock });
  if (!documents.ok) return documents;
  const mac = vault.mac('audit');
  const versions = await openVersions({ storage, clock, mac });
  if (!versions.ok) return versions;
  return success({
    grants: touchingGrants(grants.value, versions.value),
    policies: touchingPolicies(policies.value, versions.value),
    documents: documents.value,
    versions: versions.value,
    keyed: (text) => mac.mac(`config.content\n${text}`),
  });
}

/** The engine that the file names goes before the one that the start names. */
const sharedBy = ({ storage }: Configuration): Pick<StartOptions, 'storage'> => (storage === null ? {} : { storage });

function dialDeps({ surroundings, data }: StartOptions, clock: Clock, reaper: Reaper, log: Logger) {
  const { path, node, packages, lang } = surroundings;
  const onServerLog = (server: string, line: string): void => log.debug('gateway.upstream.stderr', { server, line });
  return { path, node, packages, lang, clock, reaper, scratch: join(data, 'scratch'), onServerLog };
}

export const TENANT = DEFAULT_TENANT;
