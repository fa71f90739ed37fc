import { type Configuring, openAdmin, type RunningAdmin, socketPlace } from './admin/index.ts';
import { keyedDigests } from './audit/index.ts';
import { systemClock } from './base/clock.ts';
import { type Failure, failure, type Result, success } from './base/result.ts';
import { type Authorship, type ReadyListener, tellMistake } from './config/index.ts';
import type { Reason } from './contracts/reasons/index.ts';
import type { RunningGateway, RuntimeStatus, StartGateway, StartOptions } from './contracts/running.ts';
import { type Gateway, openGateway } from './gateway/index.ts';
import type { HostRules, Listener, Readiness } from './http/index.ts';
import { type Applier, applier } from './main/apply.ts';
import { versionReader } from './main/configuring.ts';
import { type Control, openControl } from './main/control.ts';
import { type DriftWatch, driftWatch } from './main/drift.ts';
import { namePlace } from './main/endpoint-file.ts';
import { findPort, type PortWish } from './main/find-port.ts';
import { type FirstKeys, firstKeys } from './main/first-keys.ts';
import { followFromNow } from './main/follow.ts';
import { type Following, followChanges } from './main/follow-changes.ts';
import { keepTickShape } from './main/keep-tick-shape.ts';
import { beginLife, type Life } from './main/life.ts';
import { notingGrants } from './main/note-grants.ts';
import { ADMIN_PORT, listenForClients, NOBODY, rulesFor, tlsOf, urlFor } from './main/open-listeners.ts';
import { metricsOf } from './main/open-metrics.ts';
import { type Missing, plantSeed } from './main/plant-seed.ts';
import { undoCutOff } from './main/put-back.ts';
import { readiness } from './main/readiness.ts';
import { type Manner, reconcile } from './main/reconcile.ts';
import { recordSystem } from './main/record-system.ts';
import { recordingLogger } from './main/recording-logger.ts';
import { revertNote } from './main/revert.ts';
import { openRooms, type Rooms, TENANT } from './main/rooms.ts';
import { seededClient } from './main/seeded-client.ts';
import { statusOf } from './main/status.ts';
import { tenantsOf } from './main/tenants.ts';
import { watchDisclosed } from './main/watch-disclosed.ts';
import { type KeyWatch, keyNotices, watchKeys } from './main/watch-keys.ts';
import { watchSystem } from './main/watch-system.ts';
import type { Metrics } from './telemetry/index.ts';

const DRAIN_MS = 10_000;
const STARTED: Authorship = { author: 'gateway', cause: 'gateway.started' };
const ACCEPTED: Authorship = { author: 'operator', cause: 'config.accepted' };

/** Builds every room of a data directory, joins them and opens the listeners: the one place that constructs things. */
export const startGateway: StartGateway = async (options) => {
  keepTickShape();
  let opened: Rooms | null = null;
  // The journal does not need the store: that it is gone is the last thing that is recorded.
  const onLost: StartOptions['onLost'] = async (lost) => {
    if (opened !== null) await recordSystem(opened, 'storage.lost', null, { why: lost.detail ?? lost.reason }, 'error');
    options.onLost?.(lost);
  };
  const undone = undoCutOff(revertNote(options.data));
  if (!undone.ok) return undone;
  const log = recordingLogger(options.log);
  const rooms = await openRooms({ ...options, log, onLost }, options.clock ?? systemClock);
  if (!rooms.ok) return rooms;
  opened = rooms.value;
  log.recordTo(opened);
  const running = await startAfter(undone.value, rooms.value, { ...options, log });
  if (!running.ok) await rooms.value.close();
  return running;
};

/** @param undone files that a revert had changed which a crash cut off */
async function startAfter(undone: readonly string[], rooms: Rooms, options: StartOptions): Promise<Result<RunningGateway, Reason>> {
  if (undone.length === 0) return start(rooms, options);
  options.log.warn('config.revert.undone', { files: [...undone] });
  const recorded = await recordSystem(rooms, 'config.revert.undone', null, { files: [...undone] });
  return recorded.ok ? start(rooms, options) : recorded;
}

async function start(rooms: Rooms, options: StartOptions): Promise<Result<RunningGateway, Reason>> {
  const life = await beginLife(rooms, options.data);
  if (!life.ok) return life;
  const running = await fill(rooms, options, life.value);
  if (!running.ok) await life.value.end(running.reason);
  return running;
}

async function fill(rooms: Rooms, options: StartOptions, life: Life): Promise<Result<RunningGateway, Reason>> {
  const apply = applier(rooms);
  const keys = await firstKeys(rooms, options.data, options.seed);
  if (!keys.ok) return keys;
  let missing: Missing = [];
  if (options.seed !== null && keys.value.client !== null) {
    const planted = await plantSeed(rooms, options.seed, keys.value.client.key.principal, options);
    if (!planted.ok) return planted;
    missing = planted.value;
  }
  const first = await apply.alone(() => reconcile(rooms, rooms.configured.current(), mannerOf(options)));
  if (!first.ok) return 'mistakes' in first ? failure(first.reason, first.mistakes.map(tellMistake).join('\n')) : toldAtStart(first);
  const others = await apply.others(STARTED);
  if (!others.ok) return others;
  const { snapshot } = first.value;
  const applied = await recordSystem(rooms, 'config.snapshot.applied', snapshot.digest, {
    deviations: snapshot.settings.deviations.map((one) => ({ ...one })),
  });
  if (!applied.ok) return applied;
  for (const { id, note } of first.value.missing) options.progress(`${id}: ${note ?? ''}`);
  return join(rooms, options, { life, keys: keys.value, missing: [...missing, ...first.value.missing] }, apply);
}

const toldAtStart = (failed: Failure<Reason>): Failure<Reason> =>
  failed.reason !== 'config.changed_outside'
    ? failed
    : failure(
        failed.reason,
        `the database was changed and not by this gateway: ${failed.detail ?? ''}. Put a backup back, or take it as it is: sallyport serve --accept-changed-state`,
      );

const mannerOf = ({ acceptChanged = false }: StartOptions): Manner =>
  acceptChanged ? { by: ACCEPTED, strict: false, acceptOutside: true } : { by: STARTED, strict: false };

interface Begun {
  readonly life: Life;
  readonly keys: FirstKeys;
  readonly missing: Missing;
}

async function join(
  rooms: Rooms,
  options: StartOptions,
  { life, keys, missing }: Begun,
  apply: Applier,
): Promise<Result<RunningGateway, Reason>> {
  const granted = await rooms.grants.list(TENANT);
  if (!granted.ok) return granted;
  const notices = await keyNotices(rooms);
  if (!notices.ok) return notices;
  const state: State = { port: 0, draining: false, admin: null, startedAt: rooms.clock.now() };
  const ready = readiness(rooms, () => state.draining);
  const drift = driftWatch(rooms, apply, options.log);
  const gateway = gatewayOf(rooms, options, state, { drift, ready });
  const following = await followChanges({ rooms, gateway, apply, log: options.log });
  if (!following.ok) return following;
  const { listeners } = rooms.configured.current();
  const listener = await listenForClients(listeners.gateway, options, (request, response) => gateway.handle(request, response));
  if (!listener.ok) {
    await following.value.close();
    return listener;
  }
  state.port = listener.value.port;
  const mcpUrl = `${urlFor(listeners.gateway, state.port)}/mcp`;
  const control = openControl({ rooms, options, apply, missing, onKeyChanged: (key) => gateway.dropCredential(key) });
  const adminUrl = (): string => urlFor(listeners.admin, state.admin?.port ?? 0);
  const urls = (): Urls => ({ mcpUrl, adminUrl: adminUrl() });
  const status = (): RuntimeStatus => statusOf({ rooms, gateway, dataDir: options.data, ...state, ...urls(), ...shownBy(control) });
  const metrics = metricsOf(rooms, gateway, () => state.draining);
  const parts = { gateway, apply, status, metrics, ready, configuring: control.configuring };
  const admin = await findPort<RunningAdmin>(adminWish(options, listeners.admin), (port) =>
    adminOf(rooms, { ...options, adminPort: port }, parts),
  );
  if (!admin.ok) {
    await following.value.close();
    await listener.value.close(0);
    return admin;
  }
  state.admin = admin.value;
  const endings = [namePlace(options.data, mcpUrl), watchSystem(rooms), metrics.close, drift.close];
  const watch = watchKeys(rooms, options.log);
  control.watch({ gateway: listener.value, admin: admin.value });
  return success({
    ...urls(),
    socketPath: admin.value.socketPath,
    dataDir: options.data,
    firstRun: rooms.firstRun,
    clientKey: keys.client?.text ?? null,
    client: keys.client === null ? null : seededClient(rooms.snapshots.current(TENANT), granted.value, keys.client.key),
    adminKeyFile: keys.adminKeyFile,
    keyNotices: notices.value,
    status,
    follow: (onRecord) => followFromNow(rooms, onRecord),
    stop: async () => {
      state.draining = true;
      for (const end of endings) end();
      await stop(rooms, { life, gateway, listener: listener.value, admin: admin.value, watch, following: following.value, control });
    },
  });
}

type Urls = Pick<RuntimeStatus, 'mcpUrl' | 'adminUrl'>;

const shownBy = (control: Control): Pick<RuntimeStatus, 'config' | 'dangers'> & { readonly missing: Missing } => ({
  missing: control.missing(),
  ...control.shown(),
});

const adminWish = ({ adminPort, nextFreePort, progress }: StartOptions, { port }: ReadyListener): PortWish => ({
  port: adminPort ?? port ?? ADMIN_PORT,
  nextFree: nextFreePort,
  option: '--admin-port',
  tell: progress,
});

interface State {
  port: number;
  draining: boolean;
  admin: RunningAdmin | null;
  readonly startedAt: number;
}

function gatewayOf(
  rooms: Rooms,
  { log }: StartOptions,
  state: State,
  { drift, ready }: { readonly drift: DriftWatch; readonly ready: Readiness },
): Gateway {
  const { clock, large, snapshots, upstreams } = rooms;
  const mac = rooms.vault.mac('audit');
  const { configured } = rooms;
  const rules = rulesOf(rooms, 'gateway');
  return openGateway({
    tenant: TENANT,
    clock,
    log,
    identity: watchDisclosed(rooms, log),
    journal: notingGrants(rooms),
    snapshots,
    upstreams,
    large,
    budgets: rooms.budgets,
    shares: rooms.shares,
    held: rooms.held,
    hosts: () => rules(state.port),
    secure: configured.current().listeners.gateway.tls !== null,
    proxies: () => configured.current().proxies,
    ready,
    tracer: rooms.tracer,
    keyed: keyedDigests(mac),
    handles: rooms.vault.sealer('handles'),
    inspect: { arguments: [], result: [] },
    onDrift: drift.changed,
  });
}

/** The names of a listener as the configuration has them now; made anew only when it changes. */
function rulesOf({ configured }: Rooms, name: 'gateway' | 'admin'): (port: number) => HostRules {
  let made: { readonly of: ReadyListener; readonly port: number; readonly rules: HostRules } | null = null;
  return (port) => {
    const of = configured.current().listeners[name];
    if (made === null || made.of !== of || made.port !== port) made = { of, port, rules: port === 0 ? NOBODY : rulesFor(of, port) };
    return made.rules;
  };
}

interface AdminParts {
  readonly gateway: Gateway;
  readonly apply: Applier;
  readonly status: RunningGateway['status'];
  readonly metrics: Metrics;
  readonly ready: Readiness;
  readonly configuring: Configuring;
}

function adminOf(
  rooms: Rooms,
  { adminPort, data, log, surroundings }: StartOptions,
  { gateway, apply, status, metrics, ready, configuring }: AdminParts,
) {
  const { clock, grants, identity, journal, policies, registry, snapshots } = rooms;
  const plan = rooms.configured.current().listeners.admin;
  return openAdmin({
    doors: {
      identity,
      onKeyEnded: (id) => gateway.dropCredential(id),
      audit: journal,
      registry,
      grants,
      policies,
      current: (tenant) => snapshots.current(tenant),
      apply,
      tenants: tenantsOf(rooms, apply),
      versions: versionReader(rooms),
      configuring,
      status,
      metrics: () => (rooms.configured.current().file?.telemetry.metrics === false ? null : metrics.text()),
    },
    snapshots,
    ready,
    clock,
    log,
    host: plan.host,
    port: adminPort ?? ADMIN_PORT,
    tls: tlsOf(plan),
    rules: rulesOf(rooms, 'admin'),
    proxies: () => rooms.configured.current().proxies,
    socket: socketPlace(data, surroundings.runtime, surroundings.uid, rooms.configured.current().file?.adminSocket ?? null),
  });
}

interface Open {
  readonly life: Life;
  readonly gateway: Gateway;
  readonly listener: Listener;
  readonly admin: RunningAdmin;
  readonly watch: KeyWatch;
  readonly following: Following;
  readonly control: Control;
}

/** Top down: nothing new, drain, a record of the end, then the rooms. */
async function stop(rooms: Rooms, { life, gateway, listener, admin, watch, following, control }: Open): Promise<void> {
  await control.close();
  await gateway.drain(DRAIN_MS);
  await Promise.all([listener.close(1000), admin.close(), watch.close(), following.close()]);
  await life.end(null);
  await rooms.close();
}
