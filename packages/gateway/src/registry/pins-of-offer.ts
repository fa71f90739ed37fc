import type { Registration } from '../contracts/registration.ts';
import type { Effect, PinKind } from '../contracts/target.ts';
import { type Pin, stateOfNew } from './pin.ts';
import type { JudgedOffer } from './read-offer.ts';

/** Pins of everything that a server offers: whoever has it registered approves that. */
export function pinsOf(
  { tenant, id }: Registration,
  offer: JudgedOffer,
  effectOf: (kind: PinKind, name: string) => Effect | null,
): readonly Pin[] {
  return [...offer.items.values()].map(({ kind, name, candidate }, position): Pin => {
    const effect = effectOf(kind, name);
    return { tenant, server: id, kind, name, position, state: stateOfNew(candidate, true), effect, candidate, offered: null, gone: false };
  });
}
