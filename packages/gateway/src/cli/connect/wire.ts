import { setTimeout as pause } from 'node:timers/promises';
import { random } from '../../base/bytes.ts';
import { exchange, type Outcome, type Sending } from './exchange.ts';
import type { FindPlace, Place } from './place.ts';

const FIRST_MS = 100;
const LONGEST_MS = 5_000;

/** How long to wait before try number `tries` (from 0): twice as long each time, and not all clients at the same moment. */
export const backoffMs = (tries: number): number =>
  Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(tries, 10)) * (0.5 + (random(1)[0] ?? 0) / 512);

/** Waits, or until the signal. */
export const rest = (ms: number, signal: AbortSignal): Promise<void> => pause(ms, undefined, { signal }).catch(() => undefined);

/** Towards a gateway that may be away for a while. */
export interface Wire {
  /** Sends once it can be reached: what was not sent is tried again for `waitMs`. What was sent is never sent again here. */
  send(sending: Sending, waitMs: number): Promise<Outcome>;
}

export function openWire(find: FindPlace, tell: (line: string) => void): Wire {
  let away = false;
  const noteState = (outcome: Outcome): void => {
    const gone = outcome.kind === 'unreachable';
    if (gone && !away) tell(`the gateway cannot be reached (${outcome.detail}); trying again until it is back`);
    if (!gone && away) tell('the gateway is back');
    away = gone;
  };
  const once = async (sending: Sending): Promise<Outcome> => {
    const place = await found(find);
    return typeof place === 'string' ? { kind: 'unreachable', detail: place } : exchange(place, sending);
  };
  return {
    async send(sending, waitMs) {
      const until = performance.now() + waitMs;
      for (let tries = 0; ; tries++) {
        const outcome = await once(sending);
        if (sending.signal.aborted) return outcome;
        noteState(outcome);
        const left = until - performance.now();
        if (outcome.kind !== 'unreachable' || left <= 0) return outcome;
        await rest(Math.min(left, backoffMs(tries)), sending.signal);
      }
    },
  };
}

/** The place, or why there is none now. A key file that was taken away may come back. */
async function found(find: FindPlace): Promise<Place | string> {
  try {
    return (await find()) ?? 'it is not running';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
