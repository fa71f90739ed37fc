import type { TenantId } from '../base/ids.ts';
import { failure, success } from '../base/result.ts';
import type { Outcome, VerbDeps } from './deps.ts';
import { findServer } from './find-server.ts';
import { limitedTools } from './limits-input.ts';
import { keyOfPin } from './pin.ts';
import { parseLimits } from './server-input.ts';
import { type ServerView, viewServer } from './view-server.ts';

/** Says what a server and its tools are asked at most, instead of what was said before. Null takes all limits away. */
export async function limitServer(deps: VerbDeps, tenant: TenantId, id: string, input: unknown): Outcome<ServerView> {
  const limits = parseLimits(input);
  if (!limits.ok) return limits;
  const found = await findServer(deps, tenant, id);
  if (!found.ok) return found;
  const { registration, pins } = found.value;
  const known = new Set(pins.map(keyOfPin));
  const stray = limitedTools(limits.value).find((pin) => !known.has(keyOfPin(pin)));
  if (stray !== undefined)
    return failure('registry.server_invalid', `${stray.in}.${stray.name.slice(0, 128)}: the server offers no such tool`);
  const stored = await deps.store.setLimits(tenant, registration.id, limits.value);
  if (!stored.ok) return stored;
  if (!stored.value) return failure('registry.server_unknown', `no server ${registration.id}`);
  deps.log.info('registry.server.limited', { server: registration.id });
  return success(viewServer({ ...registration, limits: limits.value }, pins));
}
