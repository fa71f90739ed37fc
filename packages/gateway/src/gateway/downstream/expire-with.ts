import type { Clock } from '../../base/clock.ts';
import type { Credential } from '../../contracts/principal.ts';

/** The longest that a timer of Node can wait; keys live longer, so it is set again. */
const LONGEST_MS = 2_147_483_647;

/** Ends what was opened with a credential when that expires. Returns how to forget it. */
export function expireWith({ expiresAt }: Credential, clock: Clock, end: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const wait = (): void => {
    const left = expiresAt - clock.now();
    if (left <= 0) end();
    else timer = setTimeout(wait, Math.min(left, LONGEST_MS)).unref();
  };
  wait();
  return () => clearTimeout(timer);
}
