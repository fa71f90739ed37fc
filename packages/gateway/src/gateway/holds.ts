import { random } from '../base/bytes.ts';
import type { Clock } from '../base/clock.ts';
import type { ExchangeId } from '../base/ids.ts';
import type { Hold } from '../contracts/verdict.ts';
import type { Call, Resumed } from './exchange.ts';

/** A held exchange as data: what the one that resumes it has to match. The message itself is sent again by the client. */
interface Held {
  readonly parent: ExchangeId;
  readonly kind: Hold['kind'];
  readonly principal: string;
  readonly target: string;
  readonly pin: string;
  readonly argumentsDigest: string;
  readonly binding: string;
  readonly expiresAt: number;
}

const CAPACITY = 10_000;
const PER_PRINCIPAL = 100;

/** Where `_meta` carries the handle of a held call. */
export const HANDLE_KEY = 'sallyport/handle';

/** Possession of a handle is not authentication: it is bound to principal, tool, pin and arguments, lives for a while and works once. */
export class Holds {
  readonly #held = new Map<string, Held>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The handle, or null when too much is held already. */
  put(call: Call, hold: Hold): string | null {
    this.#sweep();
    const principal = call.exchange.principal.id;
    let own = 0;
    for (const held of this.#held.values()) if (held.principal === principal) own += 1;
    if (this.#held.size >= CAPACITY || own >= PER_PRINCIPAL) return null;
    const handle = random(32).toString('base64url');
    this.#held.set(handle, {
      ...boundTo(call),
      parent: call.exchange.id,
      kind: hold.kind,
      binding: hold.binding,
      expiresAt: hold.expiresAt,
    });
    return handle;
  }

  /** Null when the handle is unknown, used, expired or of another call: one answer for all of them. */
  take(handle: string, call: Call): Resumed | null {
    this.#sweep();
    const held = this.#held.get(handle);
    if (!held) return null;
    const now = boundTo(call);
    const same =
      held.principal === now.principal &&
      held.target === now.target &&
      held.pin === now.pin &&
      held.argumentsDigest === now.argumentsDigest;
    if (!same) return null;
    this.#held.delete(handle);
    return { kind: held.kind, parent: held.parent };
  }

  #sweep(): void {
    const now = this.#clock.now();
    for (const [handle, held] of this.#held) if (held.expiresAt <= now) this.#held.delete(handle);
  }
}

function boundTo(call: Call): Pick<Held, 'principal' | 'target' | 'pin' | 'argumentsDigest'> {
  return {
    principal: call.exchange.principal.id,
    target: `${call.target.kind} ${call.target.qualifiedName}`,
    pin: call.target.digest ?? '',
    argumentsDigest: call.argumentsDigest,
  };
}
