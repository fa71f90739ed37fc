import { isServerId, type TenantId } from '../base/ids.ts';
import { failure, success } from '../base/result.ts';
import type { Outcome, VerbDeps } from './deps.ts';

/** Forgets a server and its pins. The caller ends its sessions and builds a new snapshot. */
export async function removeServer(deps: VerbDeps, tenant: TenantId, id: string): Outcome<null> {
  if (!isServerId(id)) return failure('registry.server_unknown', 'no server has such an id');
  const removed = await deps.store.remove(tenant, id);
  if (!removed.ok) return removed;
  if (!removed.value) return failure('registry.server_unknown', `no server ${id}`);
  deps.log.info('registry.server.removed', { server: id });
  return success(null);
}
