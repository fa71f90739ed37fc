import type { TenantId } from '../base/ids.ts';
import { LIMITS } from '../base/limits.ts';
import { failure, success } from '../base/result.ts';
import type { Registration } from '../contracts/registration.ts';
import type { InTurn, Outcome, Refusal, VerbDeps } from './deps.ts';
import { keyOfPin } from './pin.ts';
import { pinsOf } from './pins-of-offer.ts';
import { type JudgedOffer, readOffer } from './read-offer.ts';
import { type ParsedServer, parseServer } from './server-input.ts';
import { type ServerView, viewServer } from './view-server.ts';

/**
 * Registers a server and pins what it offers now: whoever registers it approves that. What has no effect given counts as
 * destructive; what cannot be used is pinned as quarantined. Nothing is stored unless all of it is.
 */
export async function registerServer(deps: VerbDeps, inTurn: InTurn, tenant: TenantId, input: unknown): Outcome<ServerView> {
  const parsed = parseServer(tenant, input);
  if (!parsed.ok) return parsed;
  const { registration, effectOf, named, digests } = parsed.value;
  const refusal = await roomFor(deps, registration);
  if (refusal !== null) return refusal;
  const offer = await deps.prober.probe(registration);
  if (!offer.ok) return offer;
  const judged = await readOffer(deps.sandbox, offer.value);
  if (!judged.ok) return judged;
  // A misspelt name would leave the tool that was meant destructive, which is safe, and its operator puzzled.
  const stray = named.find((pin) => !judged.value.items.has(keyOfPin(pin)));
  if (stray !== undefined)
    return failure('registry.server_invalid', `${stray.in}.${stray.name.slice(0, 128)}: the server offers no such ${stray.kind}`);
  const other = Object.keys(digests).find(
    (name) => judged.value.items.get(keyOfPin({ kind: 'tool', name }))?.candidate.digest !== digests[name],
  );
  if (other !== undefined)
    return failure('registry.tool.digest_differs', `${other.slice(0, 128)} is not what was looked at, or is not offered any more`);
  const ready = { ...registration, revisions: offer.value.revisions, capabilities: offer.value.capabilities };
  // Another may have been registered while this one was being asked, so what it needs is looked at again.
  return inTurn(async () => (await roomFor(deps, registration)) ?? keep(deps, ready, judged.value, effectOf));
}

async function roomFor(deps: VerbDeps, { tenant, id }: Registration): Promise<Refusal | null> {
  const servers = await deps.store.servers(tenant);
  if (!servers.ok) return servers;
  if (servers.value.some((server) => server.id === id)) return failure('registry.server_taken', `there is a server ${id}`);
  return servers.value.length >= LIMITS.servers ? failure('registry.too_many_servers', `at most ${LIMITS.servers}`) : null;
}

async function keep(
  deps: VerbDeps,
  registration: Registration,
  offer: JudgedOffer,
  effectOf: ParsedServer['effectOf'],
): Outcome<ServerView> {
  const { id } = registration;
  const pins = pinsOf(registration, offer, effectOf);
  const stored = await deps.store.putServer(registration, pins, deps.clock.now());
  if (!stored.ok) return stored;
  deps.log.info('registry.server.registered', { server: id, pins: pins.length, unnamed: offer.unnamed });
  return success(viewServer(registration, pins));
}
