import { LIMITS } from '../base/limits.ts';
import type { JsonObject, JsonValue } from '../contracts/json.ts';
import { isRecord, problemWithTexts } from './check-definition.ts';
import { digestDefinition, kept } from './digest-definition.ts';
import type { Candidate, Problem } from './pin.ts';

/** Printable, without line breaks and controls: a name that nobody can see twice is no name. */
const PROMPT_NAME = /^[^\p{C}\p{Zl}\p{Zp}]{1,128}$/u;
const ARGUMENTS = 100;

export const isPromptName = (name: JsonValue | undefined): name is string => typeof name === 'string' && PROMPT_NAME.test(name);

export interface DeclaredArgument {
  readonly name: string;
  readonly required: boolean;
}

/** Digests a prompt and judges whether it could be used. Never fails: what cannot be used has a problem. */
export function judgePrompt(definition: JsonObject, needsCapability: boolean): Candidate {
  const { bytes, digest, problem } = digestDefinition(definition);
  const found = problem ?? problemWithTexts(definition, bytes) ?? problemWithArguments(definition['arguments']);
  return { definition: found === null ? definition : kept(definition, bytes), digest, needsCapability, schemas: null, problem: found };
}

/** The arguments that a sound prompt declares. */
export function declaredArguments(definition: JsonObject): readonly DeclaredArgument[] {
  const declared = definition['arguments'];
  if (!Array.isArray(declared)) return [];
  return declared.filter(isRecord).map((one) => ({ name: String(one['name']), required: one['required'] === true }));
}

function problemWithArguments(declared: JsonValue | undefined): Problem | null {
  if (declared === undefined) return null;
  if (!Array.isArray(declared) || declared.length > ARGUMENTS) return invalid(`arguments must be a list of at most ${ARGUMENTS}`);
  const names = new Set<string>();
  for (const one of declared) {
    if (!isRecord(one) || !isPromptName(one['name'])) return invalid('an argument has no proper name');
    if (one['required'] !== undefined && typeof one['required'] !== 'boolean') return invalid('required must be true or false');
    const text = problemWithTexts(one, LIMITS.toolDefinitionBytes);
    if (text !== null) return text;
    if (names.has(one['name'])) return invalid('two arguments have one name');
    names.add(one['name']);
  }
  return null;
}

const invalid = (detail: string): Problem => ({ reason: 'registry.tool.definition_invalid', detail });
