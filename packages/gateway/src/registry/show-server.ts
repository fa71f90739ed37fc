import type { TenantId } from '../base/ids.ts';
import { success } from '../base/result.ts';
import type { Outcome, VerbDeps } from './deps.ts';
import { findServer } from './find-server.ts';
import { type ServerView, viewServer } from './view-server.ts';

/** One server with its tools. `registry.server_unknown` also where it is another tenant's. */
export async function showServer(deps: VerbDeps, tenant: TenantId, id: string): Outcome<ServerView> {
  const found = await findServer(deps, tenant, id);
  return found.ok ? success(viewServer(found.value.registration, found.value.pins)) : found;
}
