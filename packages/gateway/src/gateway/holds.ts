import { random, sha256Hex } from '../base/bytes.ts';
import type { Clock } from '../base/clock.ts';
import { type Result, success } from '../base/result.ts';
import type { StorageReason } from '../contracts/reasons/storage.ts';
import type { Hold } from '../contracts/verdict.ts';
import type { Call, Resumed } from './exchange.ts';
import type { HoldStore } from './held/hold-store.ts';

const BOUNDS = { perPrincipal: 100, all: 10_000 };

/** Where `_meta` carries the handle of a held call. */
export const HANDLE_KEY = 'sallyport/handle';

/**
 * Possession of a handle is not authentication: it is bound to principal, tool, pin and arguments, lives for a while and works once, whichever gateway
 * on the store it is presented to.
 */
export class Holds {
  readonly #store: HoldStore;
  readonly #clock: Clock;

  constructor(store: HoldStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** The handle, or null when too much is held already. */
  async put(call: Call, { kind, expiresAt }: Hold): Promise<Result<string | null, StorageReason>> {
    const { principal, id: parent } = call.exchange;
    const handle = random(32).toString('base64url');
    const hold = { handle: sha256Hex(handle), principal: principal.id, bound: boundTo(call), kind, parent, expiresAt };
    const added = await this.#store.add(principal.tenant, hold, this.#clock.now(), BOUNDS);
    return added.ok ? success(added.value ? handle : null) : added;
  }

  /** Null when the handle is unknown, used, expired or of another call: one answer for all of them. */
  take(handle: string, call: Call): Promise<Result<Resumed | null, StorageReason>> {
    const { principal } = call.exchange;
    const hold = { handle: sha256Hex(handle), principal: principal.id, bound: boundTo(call) };
    return this.#store.take(principal.tenant, hold, this.#clock.now());
  }
}

const boundTo = ({ target, argumentsDigest }: Call): string =>
  sha256Hex(JSON.stringify([target.kind, target.qualifiedName, target.digest ?? '', argumentsDigest]));
