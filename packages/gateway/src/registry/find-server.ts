import { isServerId, type TenantId } from '../base/ids.ts';
import { failure, success } from '../base/result.ts';
import type { Registration } from '../contracts/registration.ts';
import type { Outcome, VerbDeps } from './deps.ts';
import type { Pin } from './pin.ts';

export interface FoundServer {
  readonly registration: Registration;
  readonly pins: readonly Pin[];
}

/** A server with its pins, or `registry.server_unknown`. */
export async function findServer(deps: Pick<VerbDeps, 'store'>, tenant: TenantId, id: string): Outcome<FoundServer> {
  if (!isServerId(id)) return failure('registry.server_unknown', 'no server has such an id');
  const registration = await deps.store.server(tenant, id);
  if (!registration.ok) return registration;
  if (registration.value === null) return failure('registry.server_unknown', `no server ${id}`);
  const pins = await deps.store.pins(tenant, id);
  return pins.ok ? success({ registration: registration.value, pins: pins.value }) : pins;
}
