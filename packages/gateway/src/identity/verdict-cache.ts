import { Recent } from '../base/recent.ts';
import type { Principal } from '../contracts/principal.ts';
import type { IdentityReason } from '../contracts/reasons/identity.ts';
import type { ApiKey } from './api-key.ts';

/** A key that exists and may be used. `lastUsed` is when its use was last noted, `disclosed` whether the store knows that it is. */
export interface Admitted {
  readonly key: ApiKey;
  readonly principal: Principal;
  readonly validUntil: number;
  lastUsed: number;
  disclosed: boolean;
}

export interface Refused {
  readonly reason: IdentityReason;
  readonly validUntil: number;
}

/** Verdicts by SHA-256 of the token. Two bounded maps, so that a flood of wrong tokens cannot push out the right ones (R2-056). */
export class VerdictCache {
  readonly #most: number;
  readonly #admitted = new Map<string, Admitted>();
  readonly #refused: Recent<Refused>;
  readonly #byKey = new Map<string, string>();
  #generation = 0;
  #trusted = true;

  constructor(most: number) {
    this.#most = most;
    this.#refused = new Recent(most);
  }

  /** Changes whenever something was forgotten: a look-up that began before must not be remembered. */
  get generation(): number {
    return this.#generation;
  }

  get size(): number {
    return this.#admitted.size + this.#refused.size;
  }

  admitted(hash: string): Admitted | undefined {
    return this.#admitted.get(hash);
  }

  refused(hash: string): Refused | undefined {
    return this.#refused.get(hash);
  }

  /** False: nothing is remembered, because it would not be heard that somebody revoked a key. */
  set trusted(on: boolean) {
    this.#trusted = on;
    if (!on) this.clear();
  }

  admit(hash: string, verdict: Admitted): void {
    if (!this.#trusted) return;
    this.#makeRoom();
    this.#admitted.set(hash, verdict);
    this.#byKey.set(verdict.key.id, hash);
  }

  refuse(hash: string, verdict: Refused): void {
    if (!this.#trusted) return;
    this.#refused.set(hash, verdict);
  }

  drop(hash: string): void {
    const admitted = this.#admitted.get(hash);
    if (admitted !== undefined) this.#byKey.delete(admitted.key.id);
    this.#admitted.delete(hash);
    this.#refused.delete(hash);
  }

  /** Forgets a key at once, look-ups under way included. */
  forget(keyId: string): void {
    this.#generation += 1;
    const hash = this.#byKey.get(keyId);
    if (hash !== undefined) this.drop(hash);
  }

  clear(): void {
    this.#generation += 1;
    for (const map of [this.#admitted, this.#refused, this.#byKey]) map.clear();
  }

  #makeRoom(): void {
    const oldest = this.#admitted.keys().next().value;
    if (this.#admitted.size >= this.#most && oldest !== undefined) this.drop(oldest);
  }
}
