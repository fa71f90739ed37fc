import type { Action, PolicyResource } from '../contracts/decision.ts';
import type { Scope } from '../contracts/principal.ts';

/** Whether one of a key's scopes covers the tool. No scope covers nothing (R2-010); `*` is the only wildcard, and only as a whole word. */
export function isInScope(scopes: readonly Scope[], resource: PolicyResource): boolean {
  return scopes.some((scope) => fits(scope.server, resource.server) && fits(scope.tool, resource.name));
}

const fits = (pattern: string, text: string): boolean => pattern === '*' || pattern === text;

/**
 * Whether the key's methods permit the action. Who may call a tool may know that it is there, so `tools/call` includes discovering:
 * otherwise a call would be answered for a tool that is said not to exist.
 */
export function isMethodInScope(methods: readonly string[] | null, action: Action): boolean {
  if (methods === null || methods.includes('tools/call')) return true;
  return action === 'discover' && methods.includes('tools/list');
}
