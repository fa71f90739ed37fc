import type { TenantId } from '../base/ids.ts';
import { failure, success } from '../base/result.ts';
import type { Offer } from '../contracts/prober.ts';
import type { Registration } from '../contracts/registration.ts';
import type { InTurn, Outcome, VerbDeps } from './deps.ts';
import { findServer } from './find-server.ts';
import { type Candidate, type Pin, stateOfNew } from './pin.ts';
import { readOffer } from './read-offer.ts';
import { type ServerView, viewServer } from './view-server.ts';

/**
 * Compares what a server offers now with its pins. A new tool waits for approval, a changed one is hidden until then (rug pull), one
 * that is gone stays pinned, so that it cannot come back as something else.
 * @param live what was seen in passing (a list_changed); null asks the server itself, under all capabilities.
 */
export async function refreshServer(
  deps: VerbDeps,
  inTurn: InTurn,
  tenant: TenantId,
  { id, live }: { readonly id: string; readonly live: Offer['tools'] | null },
): Outcome<ServerView> {
  const found = await findServer(deps, tenant, id);
  if (!found.ok) return found;
  const { registration } = found.value;
  const offer = live === null ? await deps.prober.probe(registration) : success({ revisions: registration.revisions, tools: live });
  if (!offer.ok) return offer;
  const judged = await readOffer(deps.sandbox, offer.value.tools);
  if (!judged.ok) return judged;
  const seen = { registration, revisions: offer.value.revisions, tools: judged.value.tools };
  return inTurn(() => comparePins(deps, seen));
}

interface SeenOffer {
  readonly registration: Registration;
  readonly revisions: Registration['revisions'];
  readonly tools: ReadonlyMap<string, Candidate>;
}

// A server that does not answer is asked for half a minute, so its pins are read again now: somebody may have approved or removed meanwhile.
async function comparePins(deps: VerbDeps, { registration: asked, revisions, tools }: SeenOffer): Outcome<ServerView> {
  const found = await findServer(deps, asked.tenant, asked.id);
  if (!found.ok) return found;
  const { registration, pins } = found.value;
  if (JSON.stringify(registration.transport) !== JSON.stringify(asked.transport))
    return failure('registry.server_unknown', `${asked.id} was registered anew while it was being asked`);
  const next = compare(registration, pins, tools);
  if (next.length > MOST_PINS)
    return failure('registry.tool.too_many', 'too many tools came and went; remove the server and register it again');
  const current = { ...registration, revisions };
  const stored = await deps.store.putServer(current, next, deps.clock.now());
  if (!stored.ok) return stored;
  tell(deps, pins, next);
  return success(viewServer(current, next));
}

/** Pins of tools that are gone stay, so a server that renames its tools each time needs a bound. */
const MOST_PINS = 2000;

function compare({ tenant, id }: Registration, pins: readonly Pin[], offered: ReadonlyMap<string, Candidate>): readonly Pin[] {
  const known = pins.map((pin) => compareOne(pin, offered.get(pin.name)));
  const names = new Set(pins.map((pin) => pin.name));
  const added = [...offered].filter(([name]) => !names.has(name));
  const last = Math.max(-1, ...pins.map((pin) => pin.position));
  return [
    ...known,
    ...added.map(([name, candidate], index): Pin => {
      const position = last + 1 + index;
      return {
        tenant,
        server: id,
        name,
        position,
        state: stateOfNew(candidate, false),
        effect: null,
        candidate,
        offered: null,
        gone: false,
      };
    }),
  ];
}

function compareOne(pin: Pin, offered: Candidate | undefined): Pin {
  if (offered === undefined) return { ...pin, gone: true };
  const here = { ...pin, gone: false };
  const neverApproved = pin.state === 'pending' || pin.state === 'quarantined';
  if (neverApproved)
    return offered.digest === pin.candidate.digest ? here : { ...here, candidate: offered, state: stateOfNew(offered, false) };
  if (isSame(pin.candidate, offered)) return { ...here, state: 'approved', offered: null };
  return { ...here, state: 'changed', offered };
}

// A tool that is listed twice has the digest of its last definition, and a problem: the same digest alone is not enough.
const isSame = (pinned: Candidate, offered: Candidate): boolean => offered.digest === pinned.digest && offered.problem === null;

function tell(deps: VerbDeps, before: readonly Pin[], after: readonly Pin[]): void {
  const states = new Map(before.map((pin) => [pin.name, pin.state]));
  for (const pin of after) {
    if (states.get(pin.name) === pin.state || pin.state === 'approved') continue;
    deps.log.warn(`registry.tool.${pin.state}`, { server: pin.server, tool: pin.name, offered: pin.offered?.digest ?? null });
  }
}
