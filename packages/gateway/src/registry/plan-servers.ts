import type { TenantId } from '../base/ids.ts';
import { success } from '../base/result.ts';
import type { Registration, Transport } from '../contracts/registration.ts';
import type { Outcome, VerbDeps, VerbReason } from './deps.ts';
import { type JudgedOffer, readOffer } from './read-offer.ts';
import { type ParsedServer, parseServer } from './server-input.ts';

/** A server that a file names. */
export interface Named {
  readonly id: string;
  /** What is stored: references where secrets will stand. */
  readonly input: unknown;
  /** How it is reached, with its secrets. */
  readonly transport: Transport;
}

/** What becomes of it. */
export interface Planned extends ParsedServer {
  /** What it offers, where it has to be pinned; null where its pins hold. */
  readonly offer: JudgedOffer | null;
}

export interface Unplanned {
  readonly id: string;
  readonly reason: VerbReason;
  readonly detail: string;
}

export interface ServerPlan {
  readonly planned: readonly Planned[];
  /** Those that could not be asked, or are not as they may be. */
  readonly failed: readonly Unplanned[];
}

/** Finds out what it takes to have these servers. One that is reached differently than before is asked what it offers. Nothing is changed. */
export async function planServers(deps: VerbDeps, tenant: TenantId, named: readonly Named[]): Outcome<ServerPlan> {
  const stored = await deps.store.servers(tenant);
  if (!stored.ok) return stored;
  const known = new Map<string, Registration>(stored.value.map((server) => [server.id, server]));
  const all = await Promise.all(named.map((server) => planOne(deps, tenant, server, known.get(server.id))));
  return success({
    planned: all.flatMap((one) => ('registration' in one ? [one] : [])),
    failed: all.flatMap((one) => ('reason' in one ? [one] : [])),
  });
}

async function planOne(deps: VerbDeps, tenant: TenantId, named: Named, known: Registration | undefined): Promise<Planned | Unplanned> {
  const fail = ({ reason, detail = reason }: { readonly reason: VerbReason; readonly detail?: string }): Unplanned => ({
    id: named.id,
    reason,
    detail,
  });
  const parsed = parseServer(tenant, named.input);
  if (!parsed.ok) return fail(parsed);
  const { registration } = parsed.value;
  if (known !== undefined && isReachedAlike(known, registration))
    return {
      ...parsed.value,
      registration: { ...registration, revisions: known.revisions, capabilities: known.capabilities },
      offer: null,
    };
  const offer = await deps.prober.probe({ ...registration, transport: named.transport });
  if (!offer.ok) return fail(offer);
  const judged = await readOffer(deps.sandbox, offer.value);
  if (!judged.ok) return fail(judged);
  const { revisions, capabilities } = offer.value;
  return { ...parsed.value, registration: { ...registration, revisions, capabilities }, offer: judged.value };
}

export const isReachedAlike = (a: Registration, b: Registration): boolean => JSON.stringify(a.transport) === JSON.stringify(b.transport);
