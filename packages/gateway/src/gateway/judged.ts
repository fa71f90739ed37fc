import type { TenantId } from '../base/ids.ts';
import type { Action, Decision, DecisionInputs, Judgement } from '../contracts/decision.ts';
import type { Principal } from '../contracts/principal.ts';
import type { Snapshot } from '../contracts/snapshot.ts';
import type { Target } from '../contracts/target.ts';

/** A decision that was made: one that waits for arguments is none yet. */
type Made = Pick<Decision, 'policies' | 'version' | 'places'> & { readonly effect: 'allow' | 'deny' };

/** A decision with what it was made of, so that its record can be replayed (R2-058). */
export interface Judged {
  readonly decision: Made;
  readonly inputs: DecisionInputs;
  /** `JSON.stringify(inputs)`. */
  readonly text: string;
}

const isMade = (decision: Decision): decision is Decision & Made => decision.effect !== 'conditional';

/** The same for a decision that was made with arguments. */
export function judgedWith({ decision, inputs }: Judgement): Judged | null {
  if (!isMade(decision)) return null;
  return { decision, inputs, text: JSON.stringify(inputs) };
}

type Told = Omit<Judged, 'decision'>;

/** Of a caller and a target at one time. */
type ToldAt = Told & { readonly time: string | undefined };

// Principals and pins are immutable objects: what one is judged by is written out once for each pair. Discovery too: a refusal that writes it out each
// time takes longer where the tool is hidden than where there is none, and tells which (existence oracle).
const caches: Readonly<Record<Action, WeakMap<Principal, WeakMap<Target, ToldAt>>>> = { call: new WeakMap(), discover: new WeakMap() };

export function judged(snapshot: Snapshot, principal: Principal, action: Action, target: Target, decision: Decision): Judged | null {
  if (!isMade(decision)) return null;
  return { decision, ...toldOnce(snapshot, principal, action, target, decision.time) };
}

function toldOnce(snapshot: Snapshot, principal: Principal, action: Action, target: Target, time: string | undefined): Told {
  let own = caches[action].get(principal);
  if (own === undefined) {
    own = new WeakMap();
    caches[action].set(principal, own);
  }
  let known = own.get(target);
  if (known === undefined || known.time !== time) {
    known = { ...told(snapshot, principal, action, target, time), time };
    own.set(target, known);
  }
  return known;
}

function told({ policy }: Snapshot, principal: Principal, action: Action, target: Target, time: string | undefined): Told {
  const inputs = policy.inputsOf(principal, action, target, time);
  return { inputs, text: JSON.stringify(inputs) };
}

/** Keyed digest: what may be guessed, such as an address or an argument, must not be guessable from a record. */
export type Keyed = (tenant: TenantId, text: string) => string;

// By the inputs, of which there is one object for each caller and pin.
const digests = new WeakMap<DecisionInputs, string>();

/** What a record's public part says of the inputs. */
export function digestOfInputs({ inputs, text }: Told, tenant: TenantId, keyed: Keyed): string {
  const known = digests.get(inputs) ?? keyed(tenant, text);
  digests.set(inputs, known);
  return known;
}
