import type { Action, DecisionInputs, PolicyResource } from '../contracts/decision.ts';
import type { Principal } from '../contracts/principal.ts';

export type { DecisionInputs };

/** The inputs of a decision as data that can be journaled and replayed (R2-058). */
export function inputsOf(principal: Principal, action: Action, resource: PolicyResource): DecisionInputs {
  return { principal: callerOf(principal), action, resource: plainResource(resource) };
}

/** @param more roles that it has besides those of its key */
export function callerOf(principal: Principal, more: readonly string[] = []): DecisionInputs['principal'] {
  const { credential } = principal;
  return {
    tenant: principal.tenant,
    id: principal.id,
    roles: [...principal.roles, ...more].sort(),
    scopes: principal.scopes.map(({ server, tool, rules }) => ({ server, tool, ...(rules === undefined ? {} : { rules }) })),
    methods: credential.methods === null ? null : [...credential.methods].sort(),
    ...(credential.purpose === undefined ? {} : { purpose: credential.purpose }),
  };
}

export const plainResource = ({ kind, qualifiedName, server, name, effect, template }: PolicyResource): PolicyResource => ({
  kind,
  qualifiedName,
  server,
  name,
  effect,
  ...(template === undefined ? {} : { template }),
});
