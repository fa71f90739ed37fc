import type { PolicyResource } from '../contracts/decision.ts';
import type { TargetKind } from '../contracts/target.ts';
import type { DecisionInputs } from './inputs.ts';
import type { Standing } from './own/heads.ts';

/** Each kind of target as Cedar names it. */
export const ENTITY: Readonly<Record<TargetKind, string>> = {
  tool: 'Tool',
  prompt: 'Prompt',
  template: 'ResourceTemplate',
  resource: 'Resource',
};

/** A target with what it stands in: its server, and a resource in its template. */
export function standingOf({ kind, qualifiedName, server, template = null }: PolicyResource): Standing {
  const parent = { type: 'Server', id: server };
  return {
    type: ENTITY[kind],
    id: qualifiedName,
    parents: template === null ? [parent] : [parent, { type: ENTITY.template, id: template }],
  };
}

export const callerStanding = ({ id, roles }: Pick<DecisionInputs['principal'], 'id' | 'roles'>): Standing => ({
  type: 'Principal',
  id,
  parents: roles.map((role) => ({ type: 'Role', id: role })),
});
