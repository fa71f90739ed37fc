import { foldName } from '../base/argument-rules.ts';
import { type Result, success } from '../base/result.ts';
import type { ReadArguments } from '../contracts/decision.ts';
import type { JsonObject, JsonValue } from '../contracts/json.ts';
import type { PolicyReason } from '../contracts/reasons/policy.ts';
import type { PolicyDocument } from './document.ts';
import type { DecisionInputs } from './inputs.ts';
import type { OwnPolicies } from './own/ask-own.ts';
import { covers } from './scope.ts';

/** No rule names a text as long as this: what is longer keeps none, and need not stand in the record. */
const MOST_TEXT = 4096;
const MOST_ITEMS = 1000;

/** The part of a call's arguments that its decision reads, and that its record has to hold. `policy.argument_not_comparable`. */
export function argumentsRead(
  document: PolicyDocument,
  own: OwnPolicies,
  inputs: DecisionInputs,
  given: JsonObject,
): Result<ReadArguments, PolicyReason> {
  const compared = own.compare(inputs, given);
  if (!compared.ok) return compared;
  const names = ruledNames(document, inputs);
  // Names that only look alike too: a rule that meets one of them is not kept.
  const ruled = Object.entries(given).flatMap(([name, value]) => (names.has(foldName(name)) ? [[name, bounded(value)] as const] : []));
  return success({ compared: compared.value, ruled: Object.fromEntries(ruled) });
}

function ruledNames({ grants }: PolicyDocument, { principal, resource }: DecisionInputs): ReadonlySet<string> {
  const granted = grants.filter(
    (grant) => grant.rules !== undefined && grant.principal === principal.id && grant.tool === resource.qualifiedName,
  );
  const scoped = principal.scopes.filter((scope) => scope.rules !== undefined && covers(scope, resource));
  return new Set([...granted, ...scoped].flatMap(({ rules }) => rules ?? []).map(({ argument }) => foldName(argument)));
}

const bounded = (value: JsonValue): JsonValue =>
  isShort(value) || (Array.isArray(value) && value.length <= MOST_ITEMS && value.every(isShort)) ? value : null;

const isShort = (value: JsonValue): boolean => typeof value === 'string' && value.length <= MOST_TEXT;
