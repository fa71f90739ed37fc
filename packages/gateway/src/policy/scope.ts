import { keepsRules } from '../base/argument-rules.ts';
import type { Action, PolicyResource } from '../contracts/decision.ts';
import type { JsonObject } from '../contracts/json.ts';
import type { Scope } from '../contracts/principal.ts';
import type { TargetKind } from '../contracts/target.ts';

/**
 * Whether one of a key's scopes covers the target. No scope covers nothing (R2-010); `*` is the only wildcard, and only as a whole word. A scope
 * that names one tool covers that tool: prompts and resources of the server ask for `*`. `ruled` are the arguments, or null where they are not
 * known: then a scope with rules covers what it might.
 */
export function isInScope(scopes: readonly Scope[], resource: PolicyResource, ruled: JsonObject | null = null): boolean {
  return scopes.some((scope) => covers(scope, resource) && (scope.rules === undefined || ruled === null || keepsRules(scope.rules, ruled)));
}

/** Whether any arguments would do: a scope without rules covers the target. */
export const isInAnyCase = (scopes: readonly Scope[], resource: PolicyResource): boolean =>
  scopes.some((scope) => scope.rules === undefined && covers(scope, resource));

/** Rules are about arguments of tools: a scope that has some covers nothing else. */
export const covers = ({ server, tool, rules }: Scope, resource: PolicyResource): boolean =>
  fits(server, resource.server) && (resource.kind === 'tool' ? fits(tool, resource.name) : tool === '*' && rules === undefined);

const fits = (pattern: string, text: string): boolean => pattern === '*' || pattern === text;

/** Methods that use a target of each kind, and those that only list it. */
const METHODS: Readonly<Record<TargetKind, { readonly use: readonly string[]; readonly list: readonly string[] }>> = {
  tool: { use: ['tools/call'], list: ['tools/list'] },
  prompt: { use: ['prompts/get', 'completion/complete'], list: ['prompts/list'] },
  template: { use: ['resources/read', 'completion/complete'], list: ['resources/templates/list'] },
  resource: { use: ['resources/read', 'resources/subscribe', 'resources/unsubscribe', 'subscriptions/listen'], list: ['resources/list'] },
};

/**
 * Whether the key's methods permit the action; that the method of a request is among them is asked for by itself. Who may use a target may
 * know that it is there, so a method that uses it includes discovering: otherwise a call would be answered for what is said not to exist.
 */
export function isMethodInScope(methods: readonly string[] | null, action: Action, kind: TargetKind): boolean {
  if (methods === null) return true;
  const { use, list } = METHODS[kind];
  return use.some((method) => methods.includes(method)) || (action === 'discover' && list.some((method) => methods.includes(method)));
}
