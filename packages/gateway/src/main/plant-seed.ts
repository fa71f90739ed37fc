import type { PrincipalId } from '../base/ids.ts';
import { failure, type Result, success } from '../base/result.ts';
import type { Reason } from '../contracts/reasons/index.ts';
import type { Seed, StartOptions } from '../contracts/running.ts';
import { recordSystem } from './record-system.ts';
import { type Rooms, TENANT } from './rooms.ts';

/** Registers what a seed names and is not there yet. A server that does not start is told and left out; the others are not kept waiting. */
export async function plantSeed(
  rooms: Rooms,
  seed: Seed,
  client: PrincipalId,
  progress: StartOptions['progress'],
): Promise<Result<null, Reason>> {
  const known = await rooms.registry.list(TENANT);
  if (!known.ok) return known;
  const ids = new Set<string>(known.value.map((view) => view.registration.id));
  for (const server of seed.servers) {
    const id = String(server['id']);
    if (ids.has(id)) continue;
    progress(`registering ${id}: starting it and reading what it offers`);
    const registered = await rooms.registry.register(TENANT, server);
    if (!registered.ok) return failure(registered.reason, `${id}: ${registered.detail ?? registered.reason}`);
    const recorded = await recordSystem(rooms, 'registry.server.registered', id, { tools: registered.value.tools.length });
    if (!recorded.ok) return recorded;
  }
  return grant(rooms, seed, client);
}

async function grant({ grants }: Rooms, seed: Seed, principal: PrincipalId): Promise<Result<null, Reason>> {
  const held = await grants.list(TENANT);
  if (!held.ok) return held;
  for (const tool of seed.grants) {
    if (held.value.some((other) => other.principal === principal && other.tool === tool)) continue;
    const added = await grants.add({ tenant: TENANT, principal, tool, by: principal });
    if (!added.ok) return added;
  }
  return success(null);
}
