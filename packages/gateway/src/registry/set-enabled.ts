import { isServerId, type TenantId } from '../base/ids.ts';
import { failure, success } from '../base/result.ts';
import type { Outcome, VerbDeps } from './deps.ts';

/** Switches a server on or off. Off, its tools are answered as unknown; its pins stay. */
export async function setEnabled(deps: VerbDeps, tenant: TenantId, id: string, enabled: boolean): Outcome<null> {
  if (!isServerId(id)) return failure('registry.server_unknown', 'no server has such an id');
  const changed = await deps.store.setEnabled(tenant, id, enabled);
  if (!changed.ok) return changed;
  if (!changed.value) return failure('registry.server_unknown', `no server ${id}`);
  deps.log.info(enabled ? 'registry.server.enabled' : 'registry.server.disabled', { server: id });
  return success(null);
}
