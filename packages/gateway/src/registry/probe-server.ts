import type { TenantId } from '../base/ids.ts';
import { success } from '../base/result.ts';
import type { Outcome, VerbDeps } from './deps.ts';
import { type Pin, stateOfNew } from './pin.ts';
import { readOffer } from './read-offer.ts';
import { parseServer } from './server-input.ts';
import { type ServerView, viewServer } from './view-server.ts';

/**
 * Starts a server as registering it would, and answers what would be pinned: nothing of it is stored and nobody can call it. What is looked at here
 * can be held to when it is registered, by its digests.
 */
export async function probeServer(deps: VerbDeps, tenant: TenantId, input: unknown): Outcome<ServerView> {
  const parsed = parseServer(tenant, input);
  if (!parsed.ok) return parsed;
  const { registration, effectOf } = parsed.value;
  const offer = await deps.prober.probe(registration);
  if (!offer.ok) return offer;
  const judged = await readOffer(deps.sandbox, offer.value);
  if (!judged.ok) return judged;
  const pins = [...judged.value.items.values()].map(({ kind, name, candidate }, position): Pin => {
    const effect = effectOf(kind, name);
    const state = stateOfNew(candidate, false);
    return { tenant, server: registration.id, kind, name, position, state, effect, candidate, offered: null, gone: false };
  });
  return success(viewServer({ ...registration, revisions: offer.value.revisions, capabilities: offer.value.capabilities }, pins));
}
