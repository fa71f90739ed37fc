import type { TenantId } from '../base/ids.ts';
import { success } from '../base/result.ts';
import type { Outcome, VerbDeps } from './deps.ts';
import { type ServerView, viewServer } from './view-server.ts';

/** All servers of a tenant with their tools, by id. */
export async function listServers(deps: VerbDeps, tenant: TenantId): Outcome<readonly ServerView[]> {
  const servers = await deps.store.servers(tenant);
  if (!servers.ok) return servers;
  const pins = await deps.store.pins(tenant, null);
  if (!pins.ok) return pins;
  const byServer = Map.groupBy(pins.value, (pin) => pin.server);
  return success(servers.value.map((server) => viewServer(server, byServer.get(server.id) ?? [])));
}
