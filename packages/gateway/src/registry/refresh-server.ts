import type { TenantId } from '../base/ids.ts';
import { failure, success } from '../base/result.ts';
import type { Registration } from '../contracts/registration.ts';
import type { InTurn, Outcome, VerbDeps } from './deps.ts';
import { findServer } from './find-server.ts';
import { type Candidate, keyOfPin, type Pin, stateOfNew } from './pin.ts';
import { type JudgedOffer, type Lists, readOffer } from './read-offer.ts';
import { type ServerView, viewServer } from './view-server.ts';

/**
 * Compares what a server offers now with its pins. What is new waits for approval, what changed is hidden until then (rug pull), what
 * is gone stays pinned, so that it cannot come back as something else.
 * @param live what was seen in passing (a list_changed); null asks the server itself, under all capabilities.
 */
export async function refreshServer(
  deps: VerbDeps,
  inTurn: InTurn,
  tenant: TenantId,
  { id, live }: { readonly id: string; readonly live: Lists | null },
): Outcome<ServerView> {
  const found = await findServer(deps, tenant, id);
  if (!found.ok) return found;
  const { registration } = found.value;
  const offer = live === null ? await deps.prober.probe(registration) : success({ ...registration, ...live });
  if (!offer.ok) return offer;
  const judged = await readOffer(deps.sandbox, offer.value);
  if (!judged.ok) return judged;
  const { revisions, capabilities } = offer.value;
  const seen = { registration, revisions, capabilities, items: judged.value.items };
  return inTurn(() => comparePins(deps, seen));
}

interface SeenOffer {
  readonly registration: Registration;
  readonly revisions: Registration['revisions'];
  readonly capabilities: Registration['capabilities'];
  readonly items: JudgedOffer['items'];
}

// A server that does not answer is asked for half a minute, so its pins are read again now: somebody may have approved or removed meanwhile.
async function comparePins(deps: VerbDeps, { registration: asked, revisions, capabilities, items }: SeenOffer): Outcome<ServerView> {
  const found = await findServer(deps, asked.tenant, asked.id);
  if (!found.ok) return found;
  const { registration, pins } = found.value;
  if (JSON.stringify(registration.transport) !== JSON.stringify(asked.transport))
    return failure('registry.server_unknown', `${asked.id} was registered anew while it was being asked`);
  const next = compare(registration, pins, items);
  if (next.length > MOST_PINS) return failure('registry.tool.too_many', 'too much came and went; remove the server and register it again');
  const current = { ...registration, revisions, capabilities };
  const stored = await deps.store.putServer(current, next, deps.clock.now());
  if (!stored.ok) return stored;
  tell(deps, pins, next);
  return success(viewServer(current, next));
}

/** Pins of what is gone stay, so a server that renames its tools each time needs a bound. */
const MOST_PINS = 4000;

function compare({ tenant, id }: Registration, pins: readonly Pin[], offered: JudgedOffer['items']): readonly Pin[] {
  const known = pins.map((pin) => compareOne(pin, offered.get(keyOfPin(pin))?.candidate));
  const names = new Set(pins.map(keyOfPin));
  const added = [...offered].filter(([key]) => !names.has(key)).map(([, item]) => item);
  const last = Math.max(-1, ...pins.map((pin) => pin.position));
  return [
    ...known,
    ...added.map(({ kind, name, candidate }, index): Pin => {
      const position = last + 1 + index;
      return {
        tenant,
        server: id,
        kind,
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
  const states = new Map(before.map((pin) => [keyOfPin(pin), pin.state]));
  for (const pin of after) {
    if (states.get(keyOfPin(pin)) === pin.state || pin.state === 'approved') continue;
    deps.log.warn(`registry.${pin.kind}.${pin.state}`, { server: pin.server, [pin.kind]: pin.name, offered: pin.offered?.digest ?? null });
  }
}
