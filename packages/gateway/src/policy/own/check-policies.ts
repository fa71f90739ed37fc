import cedar from '@cedar-policy/cedar-wasm/nodejs';
import { sha256Hex } from '../../base/bytes.ts';
import type { PolicyResource } from '../../contracts/decision.ts';
import type { JsonObject } from '../../contracts/json.ts';
import { plainResource } from '../inputs.ts';
import { schemaWith } from '../schema.ts';
import { standingOf } from '../standing.ts';
import { type ArgumentRecord, type ArgumentType, argumentsOf, NO_ARGUMENTS } from './argument-type.ts';
import { mayConcernTarget } from './heads.ts';
import type { PolicyMistake, ReadPolicy } from './own-policy.ts';
import { restrict, schemaText } from './read-arguments.ts';
import { sentence, unitsBefore } from './read-policies.ts';
import { positionOf } from './split.ts';
import { withoutArguments } from './without-arguments.ts';

/** A tool that policies may speak of, with its arguments as its pinned schema declares them. */
export type CheckedTool = PolicyResource & { readonly arguments: ArgumentRecord };

export const checkedTool = (tool: PolicyResource & { readonly definition: JsonObject }): CheckedTool => ({
  ...plainResource(tool),
  arguments: argumentsOf((tool.definition['inputSchema'] ?? {}) as JsonObject),
});

/** Where a policy does not fit: `tool` is null where it is wrong whatever it speaks of. */
export interface Unfit {
  readonly tool: string | null;
  readonly mistake: PolicyMistake;
}

/**
 * Holds policies against the schema: each that reads arguments against every tool that it may concern, with that tool's own arguments. A policy that
 * concerns no tool that is there is judged as far as it can be. Costs about a millisecond for each different set of arguments; remembered by content.
 */
export function checkPolicies(schema: string, policies: readonly ReadPolicy[], tools: readonly CheckedTool[]): readonly Unfit[] {
  return policies.flatMap((policy) => {
    if (policy.reads.length === 0) return told(policy, null, validate(schema, policy.text, policy));
    const general = told(policy, null, validate(schema, withoutArguments(policy.tree), policy));
    if (general.length > 0) return general;
    return tools.filter((tool) => mayConcernTarget(policy, standingOf(tool))).flatMap((tool) => checkOn(schema, policy, tool));
  });
}

function checkOn(schema: string, policy: ReadPolicy, tool: CheckedTool): readonly Unfit[] {
  const unreadable = policy.reads.flatMap((path) => {
    const why = whyNone(tool.arguments, path);
    return why === null ? [] : [`${tool.qualifiedName} has ${path.join('.')}, which policies cannot compare: ${why}`];
  });
  const [first] = unreadable;
  if (first !== undefined) return [{ tool: tool.qualifiedName, mistake: { ...policy.place, column: 1, policy: policy.id, what: first } }];
  const type = restrict(tool.arguments, policy.reads);
  const problems = validate(schemaWith(schema, schemaText(type)), policy.text, policy);
  return told(policy, tool, problems);
}

function whyNone(type: ArgumentType, path: readonly string[]): string | null {
  if (type.kind === 'none') return type.why;
  const [first, ...rest] = path;
  if (first === undefined || type.kind !== 'record') return null;
  const member = Object.hasOwn(type.members, first) ? type.members[first] : undefined;
  return member === undefined ? null : whyNone(member.type, rest);
}

interface Problem {
  readonly message: string;
  readonly help: string | null;
  /** Bytes from the beginning of the policy. */
  readonly start: number;
}

const remembered = new Map<string, readonly Problem[]>();
const MOST_REMEMBERED = 5000;

function validate(schema: string, policy: cedar.Policy, { id }: ReadPolicy): readonly Problem[] {
  const key = sha256Hex(`${schema}\n${typeof policy === 'string' ? policy : JSON.stringify(policy)}`);
  const known = remembered.get(key);
  if (known !== undefined) return known;
  const answer = cedar.validate({ schema, policies: { staticPolicies: { [id]: policy } } });
  const errors = answer.type === 'failure' ? answer.errors : answer.validationErrors.map(({ error }) => error);
  const problems = errors.map(({ message, help, sourceLocations }) => ({ message, help, start: sourceLocations?.[0]?.start ?? 0 }));
  if (remembered.size >= MOST_REMEMBERED) remembered.clear();
  remembered.set(key, problems);
  return problems;
}

function told(policy: ReadPolicy, tool: CheckedTool | null, problems: readonly Problem[]): readonly Unfit[] {
  return problems.map((problem) => {
    const { line, column } = positionOf(policy.text, unitsBefore(policy.text, problem.start));
    const place = { file: policy.place.file, line: policy.place.line + line - 1, column, policy: policy.id };
    return { tool: tool?.qualifiedName ?? null, mistake: { ...place, what: whatOf(problem, tool) } };
  });
}

/** Cedar's words for the mistakes that people make most, with what there is instead; its own for the others. */
function whatOf({ message, help }: Problem, tool: CheckedTool | null): string {
  const attribute = /attribute `([^`]*)` on entity type `([^`]*)` not found/.exec(message);
  if (attribute !== null) {
    const [, name = '', type = ''] = attribute;
    return `${name}: no such attribute on ${type}; it has ${(ATTRIBUTES[type] ?? ['none']).join(', ')}`;
  }
  const argument = /attribute `arguments\.([^`]*)` in context for .* not found/.exec(message);
  if (argument === null) return sentence(message, help);
  const names = Object.keys((tool?.arguments ?? NO_ARGUMENTS).members);
  const there = names.length === 0 ? 'none' : `${names.slice(0, 20).join(', ')}${names.length > 20 ? ', ...' : ''}`;
  return `${argument[1]}: no such argument of ${tool?.qualifiedName ?? 'it'}; it has ${there}`;
}

const TARGET = ['dataClass', 'effect', 'environment', 'name', 'server', 'tenant'];
const ATTRIBUTES: Readonly<Record<string, readonly string[]>> = {
  Principal: ['purpose', 'tenant'],
  Server: ['tenant'],
  Tool: TARGET,
  Prompt: TARGET,
  ResourceTemplate: TARGET,
  Resource: TARGET,
};
