import type { PrincipalId } from '../base/ids.ts';
import { type Result, success } from '../base/result.ts';
import type { JsonObject, JsonValue } from '../contracts/json.ts';
import type { Reason } from '../contracts/reasons/index.ts';
import type { Seed, ServerStatus, StartOptions } from '../contracts/running.ts';
import { openPlanted, type Planted } from './planted.ts';
import { recordSystem } from './record-system.ts';
import { type Rooms, TENANT } from './rooms.ts';
import { writeSamples } from './write-samples.ts';

/** Servers of a seed that could not be registered, as people see them. The next start tries them again. */
export type Missing = readonly ServerStatus[];

/**
 * Registers what a seed names and was not planted before, all at once: a server that does not start is told and left out. What an
 * administrator removed since stays removed: a grant that came back with the next start would be no one's decision.
 */
export async function plantSeed(
  rooms: Rooms,
  seed: Seed,
  client: PrincipalId,
  { data, progress }: Pick<StartOptions, 'data' | 'progress'>,
): Promise<Result<Missing, Reason>> {
  const planted = openPlanted(data);
  if (!planted.ok) return planted;
  const written = writeSamples(seed.samples ?? []);
  if (!written.ok) return written;
  const known = await rooms.registry.list(TENANT);
  if (!known.ok) return known;
  const ids = new Set<string>(known.value.map((view) => view.registration.id));
  const wanted = seed.servers.filter((server) => !ids.has(idOf(server)) && !planted.value.has(`server ${idOf(server)}`));
  if (wanted.length > 0) progress(`starting ${wanted.map(idOf).join(', ')} once, to read what they offer`);
  const rows = await Promise.all(wanted.map((server) => plant(rooms, server, progress)));
  const failed = rows.find((row) => !row.ok);
  if (failed !== undefined && !failed.ok) return failed;
  const missing = rows.flatMap((row) => (row.ok && row.value !== null ? [row.value] : []));
  const granted = await grant(rooms, seed, client, planted.value);
  if (!granted.ok) return granted;
  const left = new Set<string>(missing.map((server) => server.id));
  const kept = planted.value.add(seed.servers.map((server) => `server ${idOf(server)}`).filter((line) => !left.has(line.slice(7))));
  return kept.ok ? success(missing) : kept;
}

const idOf = (server: JsonObject): string => String(server['id']);

async function plant(rooms: Rooms, server: JsonObject, progress: StartOptions['progress']): Promise<Result<ServerStatus | null, Reason>> {
  const id = idOf(server);
  const registered = await rooms.registry.register(TENANT, server);
  if (registered.ok) {
    const recorded = await recordSystem(rooms, 'registry.server.registered', id, { tools: registered.value.tools.length });
    return recorded.ok ? success(null) : recorded;
  }
  // Without its store a gateway has nothing to stand on; without one of its servers it has the others.
  if (registered.reason.startsWith('storage.')) return registered;
  const why = registered.detail ?? registered.reason;
  progress(`${id} is left out: ${why} (${registered.reason})`);
  return success(failedServer(server, `not registered: ${why}; the next start tries again`));
}

const failedServer = (server: JsonObject, note: string): ServerStatus => ({
  id: idOf(server),
  transport: kindOf(server['transport']) === 'stdio' ? 'stdio' : 'streamable-http',
  sharing: server['sharing'] === 'shared' || server['sharing'] === 'principal' ? server['sharing'] : 'session',
  state: 'failed',
  tools: 0,
  pending: 0,
  unreachable: 0,
  failuresLastHour: 0,
  circuit: 'closed',
  note,
});

const kindOf = (transport: JsonValue | undefined): JsonValue | undefined =>
  transport !== null && typeof transport === 'object' && !Array.isArray(transport) ? (transport as JsonObject)['kind'] : undefined;

async function grant({ grants }: Rooms, seed: Seed, principal: PrincipalId, planted: Planted): Promise<Result<null, Reason>> {
  const held = await grants.list(TENANT);
  if (!held.ok) return held;
  for (const tool of seed.grants) {
    const line = `grant ${principal} ${tool}`;
    if (planted.has(line)) continue;
    const has = held.value.some((other) => other.principal === principal && other.tool === tool);
    const added = has ? success(null) : await grants.add({ tenant: TENANT, principal, tool, by: principal });
    if (!added.ok) return added;
    const kept = planted.add([line]);
    if (!kept.ok) return kept;
  }
  return success(null);
}
