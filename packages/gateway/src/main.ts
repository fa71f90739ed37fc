import { openAdmin, type RunningAdmin, socketPlace } from './admin/index.ts';
import { systemClock } from './base/clock.ts';
import { failure, type Result, success } from './base/result.ts';
import type { Reason } from './contracts/reasons/index.ts';
import type { RunningGateway, StartGateway, StartOptions } from './contracts/running.ts';
import { type Gateway, openGateway } from './gateway/index.ts';
import { hostRules, type Listener, listen } from './http/index.ts';
import { applier } from './main/apply.ts';
import { driftWatch } from './main/drift.ts';
import { type FirstKeys, firstKeys } from './main/first-keys.ts';
import { followFromNow } from './main/follow.ts';
import { plantSeed } from './main/plant-seed.ts';
import { recordSystem } from './main/record-system.ts';
import { openRooms, type Rooms, TENANT } from './main/rooms.ts';
import { statusOf } from './main/status.ts';

const HOST = '127.0.0.1';
const DRAIN_MS = 10_000;
const PORTS_TO_TRY = 20;

/** Builds every room of a data directory, joins them and opens the listeners: the one place that constructs things. */
export const startGateway: StartGateway = async (options) => {
  const rooms = await openRooms(options, systemClock);
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
  if (options.seed !== null && keys.value.client !== null) {
    const planted = await plantSeed(rooms, options.seed, keys.value.client.principal, options.progress);
    if (!planted.ok) return planted;
  }
  const first = await apply();
  if (!first.ok) return first;
  const applied = await recordSystem(rooms, 'config.snapshot.applied', first.value.digest, {
    deviations: first.value.settings.deviations.map((one) => ({ ...one })),
  });
  if (!applied.ok) return applied;
  return join(rooms, options, keys.value, apply);
}

async function join(
  rooms: Rooms,
  options: StartOptions,
  keys: FirstKeys,
  apply: ReturnType<typeof applier>,
): Promise<Result<RunningGateway, Reason>> {
  const { clock, journal, snapshots, vault } = rooms;
  const { log, surroundings } = options;
  let port = 0;
  const mac = vault.mac('audit');
  const gateway = openGateway({
    tenant: TENANT,
    clock,
    log,
    identity: rooms.identity,
    journal,
    snapshots,
    upstreams: rooms.upstreams,
    hosts: () => hostRules({ secure: false, port, names: [], origins: [] }),
    secure: false,
    keyed: (text) => mac.mac(text).toString('hex'),
    inspect: { arguments: [], result: [] },
    onDrift: driftWatch(rooms, apply, log),
  });
  const listener = await listenFrom(options.port, options.nextFreePort, gateway);
  if (!listener.ok) return listener;
  port = listener.value.port;
  const state = { draining: false, admin: null as RunningAdmin | null };
  const urls = () => ({ mcp: `http://${HOST}:${port}/mcp`, admin: state.admin?.url ?? '' });
  const status = () => statusOf({ rooms, gateway, startedAt, dataDir: options.data, urls, draining: () => state.draining });
  const startedAt = clock.now();
  const admin = await openAdmin({
    doors: {
      identity: rooms.identity,
      onKeyEnded: (id) => gateway.dropCredential(id),
      audit: journal,
      registry: rooms.registry,
      grants: rooms.grants,
      apply,
      status,
    },
    snapshots,
    clock,
    log,
    host: HOST,
    port: options.adminPort,
    socket: socketPlace(options.data, surroundings.runtime, surroundings.uid),
  });
  if (!admin.ok) {
    await listener.value.close(0);
    return failure(admin.reason === 'http.listen_failed' ? 'admin.fault' : admin.reason, admin.detail);
  }
  state.admin = admin.value;
  return success({
    mcpUrl: urls().mcp,
    adminUrl: admin.value.url,
    socketPath: admin.value.socketPath,
    dataDir: options.data,
    firstRun: rooms.firstRun,
    clientKey: keys.client?.text ?? null,
    adminKeyFile: keys.adminKeyFile,
    status,
    follow: (onRecord) => followFromNow(rooms, onRecord),
    stop: async () => {
      state.draining = true;
      await stop(rooms, gateway, listener.value, admin.value);
    },
  });
}

/** Top down: nothing new, drain, a record of the end, then the rooms. */
async function stop(rooms: Rooms, gateway: Gateway, listener: Listener, admin: RunningAdmin): Promise<void> {
  await gateway.drain(DRAIN_MS);
  await Promise.all([listener.close(1000), admin.close()]);
  await recordSystem(rooms, 'gateway.stopped', null, {});
  await rooms.close();
}

async function listenFrom(port: number, nextFree: boolean, gateway: Gateway): Promise<Result<Listener, Reason>> {
  const tries = nextFree && port !== 0 ? PORTS_TO_TRY : 1;
  for (let next = port; next < port + tries; next++) {
    const listener = await listen({ place: { host: HOST, port: next }, tls: null }, (request, response) =>
      gateway.handle(request, response),
    );
    if (listener.ok) return listener;
    if (next === port + tries - 1) return failure('gateway.fault', `${HOST}:${port}: ${listener.detail ?? 'cannot listen'}`);
  }
  return failure('gateway.fault', 'no port to listen on');
}
