import { random } from '../../base/bytes.ts';
import type { Registration } from '../../contracts/registration.ts';
import type { Era } from '../../contracts/target.ts';

/**
 * Where what a server began goes on. A stateless server that is reached over a network is the same from every gateway, at its address; all others are
 * this one session or process, which nobody else reaches and which is another one once it is started anew.
 */
export function placeOf({ transport }: Registration, era: Era): string {
  const address = era === 'modern' && transport.kind === 'streamable-http' ? transport.url : null;
  return address === null ? `session ${random(16).toString('hex')}` : `address ${address}`;
}

/** Whether any session with the server comes to this place. */
export const isReachable = (place: string): boolean => place.startsWith('address ');
