import type { JsonObject } from '../../contracts/json.ts';
import type { Deny } from '../../contracts/verdict.ts';
import { type Asked, declares, readInputRequired, writeInputRequests } from '../../protocol/index.ts';
import type { Call } from '../exchange.ts';
import { declaredIn } from '../reverse/capabilities.ts';
import { givenDigest } from './given.ts';
import type { Works } from './works.ts';

export type AskedRound =
  | { readonly kind: 'round'; readonly text: string; readonly asked: JsonObject }
  | { readonly kind: 'denied'; readonly denied: Deny };

const denied = (denial: Omit<Deny, 'verdict'>): AskedRound => ({ kind: 'denied', denied: { verdict: 'deny', ...denial } });

/** A server's `input_required` for the client that it serves: read, held to what that client declared, and its state kept from everybody. */
export function askRound(call: Call, result: JsonObject, works: Works): AskedRound {
  const read = readInputRequired(result);
  if (!read.ok) {
    const reason =
      read.reason === 'protocol.invalid_message' || read.reason === 'protocol.invalid_params' ? 'registry.result_invalid' : read.reason;
    return denied({ reason, detail: `${read.reason} ${read.detail ?? ''}`.trimEnd() });
  }
  const capabilities = declaredIn(call.exchange.frame);
  const missing = Object.values(read.value.asked).filter((asked) => !declares(capabilities, asked.takes));
  if (missing.length > 0) return denied({ reason: 'protocol.missing_capability', requires: requiredBy(missing) });
  const requestState = works.rounds.wrap(call, givenDigest(call.exchange), read.value);
  if (requestState === null) return denied({ reason: 'gateway.too_many_rounds' });
  const inputRequests = writeInputRequests(read.value.asked);
  const told = { resultType: 'input_required', ...(Object.keys(inputRequests).length > 0 ? { inputRequests } : {}), requestState };
  return { kind: 'round', text: JSON.stringify(told), asked: inputRequests };
}

/** As `ClientCapabilities` name it, for the error that says what is missing. */
export function requiredBy(asked: readonly Asked[]): JsonObject {
  const required: Record<string, Record<string, JsonObject>> = {};
  for (const [family = '', member] of asked.flatMap(({ takes }) => takes)) {
    required[family] ??= {};
    if (member !== undefined) required[family][member] = {};
  }
  return required;
}
