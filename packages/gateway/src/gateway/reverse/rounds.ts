import type { Clock } from '../../base/clock.ts';
import type { ExchangeId } from '../../base/ids.ts';
import { LIMITS } from '../../base/limits.ts';
import { failure, type Result, success } from '../../base/result.ts';
import type { JsonObject } from '../../contracts/json.ts';
import type { Reason } from '../../contracts/reasons/index.ts';
import type { Sealer } from '../../contracts/vault.ts';
import { type InputRequired, type Round, readResponses } from '../../protocol/index.ts';
import type { Call, MatchedRound } from '../exchange.ts';

/** What a round leaves with the client, sealed: the server's state and the questions, so that nothing has to be kept here. */
interface Left {
  readonly round: number;
  readonly argumentsDigest: string;
  readonly expiresAt: number;
  readonly parent: string;
  readonly required: InputRequired;
}

export interface Resuming {
  readonly parent: ExchangeId;
  readonly round: MatchedRound;
}

type Unwrapped = Result<Resuming | MatchedRound, Reason>;

/**
 * Rounds of input (MCP 2026-07-28, multi round-trip requests). What the client keeps as `requestState` is ours: encrypted and authenticated, bound to
 * tenant, principal, method, target and its pin, and the digest of the arguments as the client wrote them, for ten minutes. So it opens for nobody
 * else and for no other request, and the server's own state is never seen outside.
 */
export class Rounds {
  readonly #sealer: Sealer;
  readonly #clock: Clock;

  constructor(sealer: Sealer, clock: Clock) {
    this.#sealer = sealer;
    this.#clock = clock;
  }

  /** Null where there were enough rounds. @param argumentsDigest of the arguments as the client wrote them. */
  wrap(call: Call, argumentsDigest: string, required: InputRequired): string | null {
    const round = (call.round?.number ?? 0) + 1;
    if (round > LIMITS.rounds) return null;
    const left: Left = {
      round,
      argumentsDigest,
      expiresAt: this.#clock.now() + LIMITS.roundMs,
      parent: call.exchange.id,
      required,
    };
    return this.#sealer.seal(Buffer.from(JSON.stringify(left)), boundTo(call)).toString('base64url');
  }

  /** What goes to the server from a round that this request goes on with. `gateway.round_unknown` for everything that does not fit. */
  unwrap(call: Call, { state, responses }: Round): Unwrapped {
    if (state === null) return this.#unasked(responses);
    const opened = this.#sealer.open(Buffer.from(state, 'base64url'), boundTo(call));
    // The text must be the one that was given, not another that decodes to the same bytes.
    if (!opened.ok || Buffer.from(state, 'base64url').toString('base64url') !== state) return failure('gateway.round_unknown');
    const left = JSON.parse(opened.value.toString()) as Left;
    if (left.expiresAt <= this.#clock.now()) return failure('gateway.round_unknown', 'too old');
    if (left.argumentsDigest !== call.argumentsDigest) return failure('gateway.round_unknown', 'other arguments');
    const read = responses === null ? success<JsonObject | null>(null) : readResponses(left.required.asked, responses);
    if (!read.ok) return read;
    const round = { number: left.round, responses: read.value, state: left.required.state };
    return success({ parent: left.parent as ExchangeId, round });
  }

  // A client may answer what it expects to be asked: its server reads it like an argument, and asks again for what it misses.
  #unasked(responses: JsonObject | null): Unwrapped {
    const read = readResponses(null, responses ?? {});
    return read.ok ? success({ number: 0, responses: read.value, state: null }) : read;
  }
}

const boundTo = ({ exchange: { principal, frame }, target }: Call): string =>
  JSON.stringify(['requestState', principal.tenant, principal.id, frame.method, target.qualifiedName, target.digest]);
