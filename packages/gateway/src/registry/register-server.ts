import type { TenantId } from '../base/ids.ts';
import { LIMITS } from '../base/limits.ts';
import { failure, success } from '../base/result.ts';
import type { Registration } from '../contracts/registration.ts';
import type { Effect } from '../contracts/target.ts';
import type { InTurn, Outcome, Refusal, VerbDeps } from './deps.ts';
import { type Pin, stateOfNew } from './pin.ts';
import { type JudgedOffer, readOffer } from './read-offer.ts';
import { parseServer } from './server-input.ts';
import { type ServerView, viewServer } from './view-server.ts';

/**
 * Registers a server and pins what it offers now: whoever registers it approves that. A tool whose effect was not given counts as
 * destructive; a tool that cannot be used is pinned as quarantined. Nothing is stored unless all of it is.
 */
export async function registerServer(deps: VerbDeps, inTurn: InTurn, tenant: TenantId, input: unknown): Outcome<ServerView> {
  const parsed = parseServer(tenant, input);
  if (!parsed.ok) return parsed;
  const { registration, effects } = parsed.value;
  const refusal = await roomFor(deps, registration);
  if (refusal !== null) return refusal;
  const offer = await deps.prober.probe(registration);
  if (!offer.ok) return offer;
  const judged = await readOffer(deps.sandbox, offer.value.tools);
  if (!judged.ok) return judged;
  // A misspelt name would leave the tool that was meant destructive, which is safe, and its operator puzzled.
  const stray = Object.keys(effects).find((name) => !judged.value.tools.has(name));
  if (stray !== undefined) return failure('registry.server_invalid', `effects.${stray.slice(0, 128)}: the server offers no such tool`);
  const ready = { ...registration, revisions: offer.value.revisions };
  // Another may have been registered while this one was being asked, so what it needs is looked at again.
  return inTurn(async () => (await roomFor(deps, registration)) ?? keep(deps, ready, judged.value, effects));
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
  effects: Readonly<Record<string, Effect>>,
): Outcome<ServerView> {
  const { tenant, id } = registration;
  const pins = [...offer.tools].map(([name, candidate], position): Pin => {
    const effect = Object.hasOwn(effects, name) ? (effects[name] ?? null) : null;
    return { tenant, server: id, name, position, state: stateOfNew(candidate, true), effect, candidate, offered: null, gone: false };
  });
  const stored = await deps.store.putServer(registration, pins, deps.clock.now());
  if (!stored.ok) return stored;
  deps.log.info('registry.server.registered', { server: id, tools: pins.length, unnamed: offer.unnamed });
  return success(viewServer(registration, pins));
}
