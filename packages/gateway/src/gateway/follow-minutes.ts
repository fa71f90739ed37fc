import type { TenantId } from '../base/ids.ts';
import type { Principal } from '../contracts/principal.ts';
import type { Snapshot } from '../contracts/snapshot.ts';
import { changedByTime } from './changed-by-time.ts';
import type { Works } from './methods/works.ts';
import { tellLists } from './notify.ts';

/** How often the clock is looked at; so a clock that somebody sets is followed too. */
const LOOK_MS = 1000;
/** Work at each look, so that many who listen take a few percent of a core and not a whole minute: those that remain have their turn at the next. */
const WORK_MS = 30;

/** A tenant whose policies read the time. */
interface Timed {
  readonly snapshot: Snapshot;
  /** As it is decided in the minute that was looked at last. */
  last: Snapshot;
  /** Who listens and was not compared yet, with what holds of what it was told. */
  readonly waiting: Map<Principal, Snapshot>;
}

export interface Minutes {
  /** A tenant has another snapshot, of which everybody was told. */
  follow(snapshot: Snapshot): void;
  end(): void;
}

/**
 * Tells those who listen when a minute changed what they may discover, and nobody else. Where no policy reads the time nothing runs.
 */
export function followMinutes(works: Pick<Works, 'sessions' | 'listens' | 'clock' | 'log'>): Minutes {
  const timed = new Map<TenantId, Timed>();
  let timer: NodeJS.Timeout | null = null;
  const look = (): void => {
    const until = works.clock.monotonic() + WORK_MS;
    for (const [tenant, one] of [...timed]) {
      try {
        turn(works, one);
        compareWaiting(works, one, until);
        // Next time the others come first: one with very many must not keep them waiting for ever.
        if (one.waiting.size > 0 && timed.delete(tenant)) timed.set(tenant, one);
      } catch (error) {
        works.log.error('gateway.fault', { fault: String(error).slice(0, 300) });
      }
    }
  };
  const rest = (): void => {
    if (timer !== null) clearInterval(timer);
    timer = null;
  };
  return {
    follow(snapshot) {
      const before = timed.get(snapshot.tenant);
      // Their turn does not come any more, and the new snapshot may have told them of some lists only.
      if (before !== undefined) {
        turn(works, before);
        for (const principal of before.waiting.keys()) tellLists(works, principal, () => true);
      }
      timed.delete(snapshot.tenant);
      const minute = snapshot.policy.minute();
      if (minute !== null) timed.set(snapshot.tenant, { snapshot, last: at(snapshot, minute), waiting: new Map() });
      if (timed.size === 0) rest();
      else timer ??= setInterval(look, LOOK_MS).unref();
    },
    end: rest,
  };
}

const at = (snapshot: Snapshot, minute: string): Snapshot => ({ ...snapshot, policy: snapshot.policy.at(Date.parse(minute)) });

/** Another minute: all who listen wait to be compared, each with the minute that it was told of last. */
function turn({ sessions, listens }: Pick<Works, 'sessions' | 'listens'>, one: Timed): void {
  const minute = one.snapshot.policy.minute();
  if (minute === null || minute === one.last.policy.minute()) return;
  const add = (principal: Principal): void => {
    if (principal.tenant === one.snapshot.tenant && !one.waiting.has(principal)) one.waiting.set(principal, one.last);
  };
  for (const session of sessions.all()) if (session.streams.size + session.away.size > 0) add(session.principal);
  for (const principal of listens.principals()) add(principal);
  one.last = at(one.snapshot, minute);
}

function compareWaiting(works: Pick<Works, 'sessions' | 'listens' | 'clock'>, { last, waiting }: Timed, until: number): void {
  for (const [principal, before] of waiting) {
    if (works.clock.monotonic() >= until) return;
    waiting.delete(principal);
    tellLists(works, principal, changedByTime(before, last, principal));
  }
}
