import type { Clock } from '../../base/clock.ts';
import { failure, type Result, success } from '../../base/result.ts';
import type { GatewayReason } from '../../contracts/reasons/gateway.ts';
import type { Era } from '../../contracts/target.ts';

export type Revisions = Readonly<Record<Era, readonly string[]>>;

/** How long a verdict that an era is missing holds: servers are updated. What was seen to work holds until the registration changes. */
const NEGATIVE_MS = 10 * 60_000;

/** Tries one era: its revisions, or why it could not be had. */
export type TryEra = (era: Era) => Promise<Result<readonly string[], GatewayReason>>;

/** Era is a property of the server (protocol.md 1.4), so it is found out once for each. */
export class Eras {
  readonly #clock: Clock;
  readonly #known = new Map<string, { readonly revisions: Revisions; readonly until: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Which eras a server speaks: the stateless one first, then the stateful one. Only an answer that the era is unknown counts against it; a refused
   * credential, a server fault or an unreachable server says nothing about eras and fails whole.
   */
  async find(name: string, attempt: TryEra): Promise<Result<Revisions, GatewayReason>> {
    const known = this.#known.get(name);
    if (known !== undefined && this.#clock.monotonic() < known.until) return success(known.revisions);
    const modern = await attempt('modern');
    if (!modern.ok && !saysNothingOfEra(modern.reason)) return modern;
    const legacy = await attempt('legacy');
    if (!legacy.ok && !(modern.ok && isEraEvidence(legacy.reason))) return legacy;
    const revisions = { legacy: legacy.ok ? legacy.value : [], modern: modern.ok ? modern.value : [] };
    if (revisions.legacy.length + revisions.modern.length === 0) return failure('gateway.upstream_era');
    const complete = revisions.legacy.length > 0 && revisions.modern.length > 0;
    this.#known.set(name, { revisions, until: complete ? Number.POSITIVE_INFINITY : this.#clock.monotonic() + NEGATIVE_MS });
    return success(revisions);
  }

  forget(name: string): void {
    this.#known.delete(name);
  }
}

const isEraEvidence = (reason: GatewayReason): boolean => reason === 'gateway.upstream_era' || reason === 'gateway.upstream_garbage';

// Before `initialize`, some servers exit or stay silent on a request they do not know (protocol.md 1.4): then the stateful era is tried too.
const saysNothingOfEra = (reason: GatewayReason): boolean =>
  isEraEvidence(reason) || ['gateway.upstream_start_failed', 'gateway.upstream_timeout', 'gateway.upstream_closed'].includes(reason);
