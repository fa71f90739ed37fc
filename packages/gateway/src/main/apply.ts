import type { TenantId } from '../base/ids.ts';
import { failure, type Result, success } from '../base/result.ts';
import { type Authorship, type Configuration, membersOf, type SnapshotContent, tellMistake } from '../config/index.ts';
import type { Reason } from '../contracts/reasons/index.ts';
import type { Snapshot } from '../contracts/snapshot.ts';
import { revealed } from './configured.ts';
import { fileGrants } from './file-grants.ts';
import { checkStanding, endedOf, nextVersion, readStored, type Standing, type Stored } from './history.ts';
import { failedCases } from './policy-gate.ts';
import { type Rooms, TENANT } from './rooms.ts';

type Applied = Promise<Result<Snapshot, Reason>>;

export interface Applier {
  /** Reads what is stored, keeps it as a version, builds a snapshot of it and puts it in force. Where it fails the one before stays. */
  (by?: Authorship, tenant?: TenantId): Applied;
  /** Puts in force what another gateway changed, which keeps it as a version itself. Every tenant's. */
  follow(): Applied;
  /** The tenants beside the default one: by what is stored of each and by the settings of the configuration. */
  others(by: Authorship): Promise<Result<null, Reason>>;
  /** Takes what is stored as it is, whoever changed it. */
  accept(by: Authorship): Applied;
  /** Does something of the kind alone: an older state never overtakes a newer one. */
  alone<T>(work: () => Promise<T>): Promise<T>;
}

const GATEWAY: Authorship = { author: 'gateway', cause: 'registry.server.refreshed' };

/** What somebody gives is held against the tables of the configuration. What is taken away, or hidden because it changed, never waits for a test. */
const GATED: ReadonlySet<string> = new Set(['policy.policies.added', 'policy.policy.removed', 'policy.grant.added']);
const MOST_TOLD = 20;

export function applier(rooms: Rooms): Applier {
  let last: Promise<unknown> = Promise.resolve();
  const alone = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = last.then(work);
    last = mine.catch(() => null);
    return mine;
  };
  return Object.assign((by: Authorship = GATEWAY, tenant: TenantId = TENANT) => alone(() => apply(rooms, by, tenant)), {
    alone,
    follow: () => alone(() => followAll(rooms)),
    others: (by: Authorship) => alone(() => applyOthers(rooms, by)),
    accept: (by: Authorship) => alone(() => accept(rooms, by)),
  });
}

async function apply(rooms: Rooms, by: Authorship, tenant: TenantId): Applied {
  const standing = await checkStanding(rooms, tenant);
  return standing.ok ? applyFrom(rooms, standing.value, by, tenant) : standing;
}

async function follow(rooms: Rooms, tenant: TenantId): Applied {
  const standing = await checkStanding(rooms, tenant);
  if (!standing.ok) return standing;
  const read = await readStored(rooms, tenant);
  if (!read.ok) return read;
  const prepared = await prepareSnapshot(rooms, configurationOf(rooms.configured.current(), tenant), read.value, tenant);
  return prepared.ok ? success(prepared.value()) : prepared;
}

async function followAll(rooms: Rooms): Applied {
  const tenants = await rooms.identity.tenants();
  if (!tenants.ok) return tenants;
  const own = await follow(rooms, TENANT);
  if (!own.ok) return own;
  for (const { id } of tenants.value) {
    const followed = await follow(rooms, id);
    if (!followed.ok) return followed;
  }
  return own;
}

/** One that cannot be put in force keeps what it had, and the rest goes on. The first failure is told. */
async function applyOthers(rooms: Rooms, by: Authorship): Promise<Result<null, Reason>> {
  const tenants = await rooms.identity.tenants();
  if (!tenants.ok) return tenants;
  let told: Result<null, Reason> = success(null);
  for (const { id } of tenants.value) {
    const applied = await apply(rooms, by, id);
    if (applied.ok) continue;
    rooms.log.error('config.snapshot.stale', { tenant: id, reason: applied.reason, detail: applied.detail ?? null });
    if (told.ok) told = applied;
  }
  return told;
}

/** The file is the default tenant's, and so are its servers, grants and policies; its settings hold for all. */
const configurationOf = (current: Configuration, tenant: TenantId): Configuration =>
  tenant === TENANT ? current : { ...current, file: null, servers: [], policies: [], tests: [], beside: {} };

async function accept(rooms: Rooms, by: Authorship): Applied {
  const notes = await rooms.versions.touched(TENANT);
  if (!notes.ok) return notes;
  const newest = await rooms.versions.newest(TENANT);
  if (!newest.ok) return newest;
  const applied = await applyFrom(rooms, { newest: newest.value, notes: endedOf(notes.value) }, by);
  if (applied.ok) rooms.told.outside.delete(TENANT);
  return applied;
}

async function applyFrom(rooms: Rooms, standing: Standing, by: Authorship, tenant: TenantId = TENANT): Applied {
  const read = await readStored(rooms, tenant);
  if (!read.ok) return read;
  const configuration = configurationOf(rooms.configured.current(), tenant);
  const wrong = GATED.has(by.cause) ? await failedCases(configuration, read.value, () => false) : [];
  if (wrong.length > 0) return failure('policy.tests_failed', wrong.slice(0, MOST_TOLD).map(tellMistake).join('\n'));
  const prepared = await prepareSnapshot(rooms, configuration, read.value, tenant);
  if (!prepared.ok) return prepared;
  const version = await nextVersion(rooms, standing, { configuration, stored: read.value }, by, tenant);
  if (!version.ok) return version;
  if (version.value !== null) {
    const added = await rooms.versions.add(tenant, version.value);
    if (!added.ok) return added;
  }
  const snapshot = prepared.value();
  if (tenant === TENANT) rooms.told.version = version.value ?? standing.newest;
  const forgotten = await rooms.versions.forget(tenant, standing.notes);
  return forgotten.ok ? success(snapshot) : forgotten;
}

/** Builds the snapshot of a configuration and a state, and keeps what its decisions can be replayed by. The function puts it in force. */
export async function prepareSnapshot(
  rooms: Rooms,
  configuration: Configuration,
  { grants, policies, ...state }: Stored,
  tenant: TenantId = TENANT,
): Promise<Result<() => Snapshot, Reason>> {
  const content: SnapshotContent = {
    tenant,
    ...state,
    servers: state.servers.map((server) => revealed(server, configuration)),
    grants: [...grants, ...fileGrants(configuration)],
    policies: [...configuration.policies, ...policies.map(({ id, text }) => ({ id, text, place: { file: null, line: 1 } }))],
    members: membersOf(configuration.file?.roles ?? []),
    settings: configuration.settings,
    now: () => rooms.clock.now(),
  };
  const prepared = rooms.snapshots.prepare(content);
  if (!prepared.ok) return prepared;
  // No decision by what could not be replayed: where it cannot be kept, the old snapshot stays.
  const kept = await rooms.documents.keep(prepared.value.document);
  return kept.ok ? success(prepared.value.put) : kept;
}
