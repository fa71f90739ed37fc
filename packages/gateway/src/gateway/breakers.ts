import type { Clock } from '../base/clock.ts';
import { Recent } from '../base/recent.ts';

export type BreakerState = 'closed' | 'open' | 'half-open';

/** Failures in a row that open a breaker. */
const FAILURES = 5;
const SHORTEST_MS = 5000;
const LONGEST_MS = 60_000;
const CAPACITY = 10_000;

/** One circuit: closed while things go well; open, and nothing is tried; half open, and one is tried. */
class Breaker {
  #failures = 0;
  #openings = 0;
  #until = 0;
  #trying = false;

  state(now: number): BreakerState {
    if (this.#failures < FAILURES) return 'closed';
    return now < this.#until ? 'open' : 'half-open';
  }

  /** Seconds to wait, or 0 where it may be tried. Of those who come while it is half open one is let through. */
  admit(now: number): number {
    const state = this.state(now);
    if (state === 'closed') return 0;
    if (state === 'half-open' && !this.#trying) {
      this.#trying = true;
      return 0;
    }
    return Math.max(1, Math.ceil((this.#until - now) / 1000));
  }

  failed(now: number): void {
    this.#failures += 1;
    this.#trying = false;
    if (this.#failures < FAILURES) return;
    this.#until = now + Math.min(LONGEST_MS, SHORTEST_MS * 2 ** this.#openings);
    this.#openings += 1;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#openings = 0;
    this.#trying = false;
  }

  /** The trial came to nothing that says how the server is. */
  undecided(): void {
    this.#trying = false;
  }
}

/** How an exchange with a server went, as far as it tells how the server is. */
export type Health = 'well' | 'unreachable' | 'slow' | 'unknown';

/**
 * Circuit breakers, by server. Who cannot be reached cannot be reached by anybody, so that is one circuit; who did not answer one principal in time may
 * have been asked for something slow, so that is a circuit for each: nobody shuts a server for others by asking it for what takes long.
 */
export class Breakers {
  readonly #clock: Clock;
  readonly #byServer = new Map<string, Breaker>();
  readonly #byPrincipal = new Recent<Breaker>(CAPACITY);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Seconds to wait before the server may be asked, or 0. */
  admit(server: string, principal: string): number {
    const now = this.#clock.monotonic();
    const all = this.#byServer.get(server);
    const wait = all?.admit(now) ?? 0;
    if (wait > 0) return wait;
    const own = this.#ofBoth(server, principal)?.admit(now) ?? 0;
    if (own > 0) all?.undecided();
    return own;
  }

  report(server: string, principal: string, health: Health): void {
    const now = this.#clock.monotonic();
    const all = this.#byServer.get(server);
    const own = this.#ofBoth(server, principal);
    if (health === 'well') {
      all?.succeeded();
      own?.succeeded();
    } else if (health === 'unknown') {
      all?.undecided();
      own?.undecided();
    } else if (health === 'unreachable') {
      own?.undecided();
      this.#of(server).failed(now);
    } else {
      all?.undecided();
      const slow = own ?? new Breaker();
      if (own === undefined) this.#byPrincipal.set(`${server} ${principal}`, slow);
      slow.failed(now);
    }
  }

  /** Of all servers that anybody had trouble with. */
  states(): ReadonlyMap<string, BreakerState> {
    const now = this.#clock.monotonic();
    return new Map([...this.#byServer].map(([server, breaker]) => [server, breaker.state(now)]));
  }

  // Mostly nobody is slow, and then no key is made.
  #ofBoth(server: string, principal: string): Breaker | undefined {
    return this.#byPrincipal.size === 0 ? undefined : this.#byPrincipal.get(`${server} ${principal}`);
  }

  #of(server: string): Breaker {
    const known = this.#byServer.get(server);
    if (known !== undefined) return known;
    const made = new Breaker();
    this.#byServer.set(server, made);
    return made;
  }
}
