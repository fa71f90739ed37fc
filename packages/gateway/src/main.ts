import { openAdmin, type RunningAdmin, socketPlace } from './admin/index.ts';
import { systemClock } from './base/clock.ts';
import { type Result, success } from './base/result.ts';
import type { Reason } from './contracts/reasons/index.ts';
import type { RunningGateway, StartGateway, StartOptions } from './contracts/running.ts';
import { type Gateway, openGateway } from './gateway/index.ts';
import { type HostRules, hostRules, type Listener, listen } from './http/index.ts';
import { applier } from './main/apply.ts';
import { driftWatch } from './main/drift.ts';
import { namePlace } from './main/endpoint-file.ts';
import { findPort } from './main/find-port.ts';
import { type FirstKeys, firstKeys } from './main/first-keys.ts';
import { followFromNow } from './main/follow.ts';
import { notingGrants } from './main/note-grants.ts';
import { metricsOf } from './main/open-metrics.ts';
import { type Missing, plantSeed } from './main/plant-seed.ts';
import { recordSystem } from './main/record-system.ts';
import { openRooms, type Rooms, TENANT } from './main/rooms.ts';
import { seededClient } from './main/seeded-client.ts';
import { statusOf } from './main/status.ts';
import { watchDisclosed } from './main/watch-disclosed.ts';
import { type KeyWatch, keyNotices, watchKeys } from './main/watch-keys.ts';
import type { Metrics } from './telemetry/index.ts';

const HOST = '127.0.0.1';
const DRAIN_MS = 10_000;
const PORT = 8080;
const ADMIN_PORT = 8081;

/** Builds every room of a data directory, joins them and opens the listeners: the one place that constructs things. */
export const startGateway: StartGateway = async (options) => {
  const rooms = await openRooms(options, options.clock ?? systemClock);
  if (!rooms.ok) return rooms;
  const running = await start(rooms.value, options);
  if (!running.ok) await rooms.value.close();
  return running;
};

async function start(rooms: Rooms, options: StartOptions): Promise<Result<RunningGateway, Reason>> {
  const apply = applier(rooms);
  const started = await recordSystem(rooms, 'gateway.started', null, { data: options.data });
  if (!started.ok) return started;
  const keys = await firstKeys(rooms, options.data, options.seed);
  if (!keys.ok) return keys;
  let missing: Missing = [];
  if (options.seed !== null && keys.value.client !== null) {
    const planted = await plantSeed(rooms, options.seed, keys.value.client.key.principal, options);
    if (!planted.ok) return planted;
    missing = planted.value;
  }
  const first = await apply();
  if (!first.ok) return first;
  const applied = await recordSystem(rooms, 'config.snapshot.applied', first.value.digest, {
    deviations: first.value.settings.deviations.map((one) => ({ ...one })),
  });
  if (!applied.ok) return applied;
  return join(rooms, options, { keys: keys.value, missing }, apply);
}

interface Begun {
  readonly keys: FirstKeys;
  readonly missing: Missing;
}

async function join(
  rooms: Rooms,
  options: StartOptions,
  { keys, missing }: Begun,
  apply: ReturnType<typeof applier>,
): Promise<Result<RunningGateway, Reason>> {
  const granted = await rooms.grants.list(TENANT);
  if (!granted.ok) return granted;
  const notices = await keyNotices(rooms);
  if (!notices.ok) return notices;
  const state: State = { port: 0, hosts: NOBODY, draining: false, admin: null, startedAt: rooms.clock.now() };
  const gateway = gatewayOf(rooms, options, state, apply);
  const { nextFreePort: nextFree, progress: tell } = options;
  const listener = await findPort<Listener>({ port: options.port ?? PORT, nextFree, option: '--port', tell }, (port) =>
    listen({ place: { host: HOST, port }, tls: null }, (request, response) => gateway.handle(request, response)),
  );
  if (!listener.ok) return listener;
  state.port = listener.value.port;
  state.hosts = hostRules({ secure: false, port: state.port, names: [], origins: [] });
  const status = () =>
    statusOf({ rooms, gateway, missing, dataDir: options.data, ...state, mcpUrl: mcpUrl(state), adminUrl: state.admin?.url ?? '' });
  const metrics = metricsOf(rooms, gateway, () => state.draining);
  const admin = await findPort<RunningAdmin>({ port: options.adminPort ?? ADMIN_PORT, nextFree, option: '--admin-port', tell }, (port) =>
    adminOf(rooms, { ...options, adminPort: port }, { gateway, apply, status, metrics }),
  );
  if (!admin.ok) {
    await listener.value.close(0);
    return admin;
  }
  state.admin = admin.value;
  const forget = namePlace(options.data, mcpUrl(state));
  const watch = watchKeys(rooms, options.log);
  return success({
    mcpUrl: mcpUrl(state),
    adminUrl: admin.value.url,
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
      forget();
      metrics.close();
      await stop(rooms, { gateway, listener: listener.value, admin: admin.value, watch });
    },
  });
}

interface State {
  port: number;
  hosts: HostRules;
  draining: boolean;
  admin: RunningAdmin | null;
  readonly startedAt: number;
}

/** Until the port is known, no name is ours. */
const NOBODY: HostRules = { hosts: new Set(), origins: new Set() };

const mcpUrl = ({ port }: State): string => `http://${HOST}:${port}/mcp`;

function gatewayOf(rooms: Rooms, { log }: StartOptions, state: State, apply: ReturnType<typeof applier>): Gateway {
  const { clock, large, snapshots, upstreams } = rooms;
  const mac = rooms.vault.mac('audit');
  return openGateway({
    tenant: TENANT,
    clock,
    log,
    identity: watchDisclosed(rooms, log),
    journal: notingGrants(rooms),
    snapshots,
    upstreams,
    large,
    hosts: () => state.hosts,
    secure: false,
    keyed: (text) => mac.mac(text).toString('hex'),
    inspect: { arguments: [], result: [] },
    onDrift: driftWatch(rooms, apply, log),
  });
}

interface AdminParts {
  readonly gateway: Gateway;
  readonly apply: ReturnType<typeof applier>;
  readonly status: RunningGateway['status'];
  readonly metrics: Metrics;
}

function adminOf(rooms: Rooms, { adminPort, data, log, surroundings }: StartOptions, { gateway, apply, status, metrics }: AdminParts) {
  const { clock, grants, identity, journal, registry, snapshots } = rooms;
  return openAdmin({
    doors: {
      identity,
      onKeyEnded: (id) => gateway.dropCredential(id),
      audit: journal,
      registry,
      grants,
      apply,
      status,
      metrics: () => metrics.text(),
    },
    snapshots,
    clock,
    log,
    host: HOST,
    port: adminPort ?? ADMIN_PORT,
    socket: socketPlace(data, surroundings.runtime, surroundings.uid),
  });
}

interface Open {
  readonly gateway: Gateway;
  readonly listener: Listener;
  readonly admin: RunningAdmin;
  readonly watch: KeyWatch;
}

/** Top down: nothing new, drain, a record of the end, then the rooms. */
async function stop(rooms: Rooms, { gateway, listener, admin, watch }: Open): Promise<void> {
  await gateway.drain(DRAIN_MS);
  await Promise.all([listener.close(1000), admin.close(), watch.close()]);
  await recordSystem(rooms, 'gateway.stopped', null, {});
  await rooms.close();
}
