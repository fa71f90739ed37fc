import { failure, success } from '../base/result.ts';
import type { JsonValue } from '../contracts/json.ts';
import type { Prompt, Validator } from '../contracts/target.ts';
import { qualifyName } from '../protocol/index.ts';
import { isRecord } from './check-definition.ts';
import { type DeclaredArgument, declaredArguments } from './judge-prompt.ts';
import type { Pin } from './pin.ts';
import { needsOf } from './tool-needs.ts';

/** A pinned prompt as requests see it. Where a pin cannot be used, its validator refuses everything. */
export function buildPrompt(pin: Pin): Prompt {
  const { definition, digest, problem } = pin.candidate;
  const usable = problem === null && pin.state !== 'quarantined';
  const declared = declaredArguments(definition);
  return Object.freeze({
    kind: 'prompt',
    server: pin.server,
    name: pin.name,
    qualifiedName: qualifyName(pin.server, pin.name),
    effect: pin.effect ?? 'destructive',
    effectSet: pin.effect !== null,
    state: pin.state,
    needs: Object.freeze(needsOf(pin.candidate)),
    definition,
    digest,
    argumentNames: Object.freeze(usable ? declared.map(({ name }) => name) : []),
    validateArguments: usable ? validatorOf(declared) : refuse,
  });
}

function validatorOf(declared: readonly DeclaredArgument[]): Validator {
  const known = new Set(declared.map(({ name }) => name));
  return (given: JsonValue) => {
    if (!isRecord(given)) return failure('registry.arguments_invalid', 'arguments: expected object');
    const odd = Object.entries(given).find(([, value]) => typeof value !== 'string');
    if (odd !== undefined) return failure('registry.arguments_invalid', `${short(odd[0])}: expected string`);
    const stray = Object.keys(given).find((name) => !known.has(name));
    if (stray !== undefined) return failure('registry.arguments_invalid', `${short(stray)}: the prompt has no such argument`);
    const missing = declared.find(({ name, required }) => required && !Object.hasOwn(given, name));
    return missing === undefined ? success(null) : failure('registry.arguments_invalid', `${short(missing.name)}: is required`);
  };
}

const short = (name: string): string => name.slice(0, 100);

const refuse: Validator = () => failure('registry.tool.definition_invalid', 'this prompt is quarantined');
