import type { ArgumentRule } from '../../base/argument-rules.ts';
import { mistakeInRules } from '../../base/argument-rules.ts';
import { isServerId } from '../../base/ids.ts';
import { LIMITS } from '../../base/limits.ts';
import type { Grant } from '../../contracts/decision.ts';
import type { OwnPolicy } from '../../policy/index.ts';
import { type Mistake, mistake } from '../mistake.ts';
import type { Path, Places } from './places.ts';
import type { FileParts, FileRule } from './schema.ts';

/** A role of the file: up to which effect its members may use which servers, and which tools they may call by name. */
export interface RolePlan {
  readonly name: string;
  /** Ids of principals. */
  readonly members: readonly string[];
  /** By server, or `*` for all. */
  readonly effects: Readonly<Record<string, 'read' | 'write'>>;
  readonly tools: readonly Pick<Grant, 'tool' | 'rules'>[];
}

/** DESIGN section 4: these are what they are, and a role of the file cannot become one of them. */
const SHIPPED = new Set(['reader', 'writer', 'approver', 'auditor', 'admin', 'service', 'monitor']);
const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const MOST_NAME = 40;
const MOST_ROLES = 100;

export interface PlannedRoles {
  readonly roles: readonly RolePlan[];
  readonly mistakes: readonly Mistake[];
}

export function planRoles({ roles = {} }: FileParts, places: Places): PlannedRoles {
  const mistakes: Mistake[] = [];
  const plans = Object.entries(roles).map(([name, { members = [], effects = {}, tools = [] }]): RolePlan => {
    const refuse = (path: Path, expected: string): void => {
      const told = mistake({ reason: 'config.invalid', key: ['roles', name, ...path].join('.'), expected });
      mistakes.push({ ...told, position: path.length === 0 ? places.keyAt(['roles', name]) : places.valueAt(['roles', name, ...path]) });
    };
    if (SHIPPED.has(name)) refuse([], `another name: the role ${name} ships, and a key has it`);
    else if (!NAME.test(name) || name.length > MOST_NAME) refuse([], `lower case words joined by hyphens, at most ${MOST_NAME} characters`);
    for (const server of Object.keys(effects))
      if (server !== '*' && !isServerId(server)) refuse(['effects', server], 'the id of a server, or *');
    if (Object.keys(effects).length === 0 && tools.length === 0) refuse([], 'effects or tools: without any it permits nothing');
    for (const index of doubles(members)) refuse(['members', index], 'each member once');
    const named = tools.map((tool) => (typeof tool === 'string' ? { tool } : { tool: tool.tool, ...rulesOf(tool.rules) }));
    for (const index of doubles(named.map(({ tool }) => tool))) refuse(['tools', index], 'each tool once');
    for (const [index, tool] of named.entries()) {
      const wrong = 'rules' in tool && tool.rules !== undefined ? mistakeInRules(tool.rules) : null;
      if (wrong !== null) refuse(['tools', index, 'rules'], wrong);
    }
    return { name, members, effects, tools: named };
  });
  const grants = plans.reduce((sum, { members, tools }) => sum + members.length * tools.length, 0);
  if (plans.length > MOST_ROLES || grants > LIMITS.grants) {
    const expected = `at most ${MOST_ROLES} roles, and ${LIMITS.grants} pairs of a member and a tool`;
    mistakes.push({ ...mistake({ reason: 'config.invalid', key: 'roles', expected }), position: places.keyAt(['roles']) });
  }
  return { roles: plans, mistakes };
}

const doubles = (all: readonly string[]): readonly number[] => all.flatMap((one, index) => (all.indexOf(one) < index ? [index] : []));

/** Rules of the file as grants have them. */
export function rulesOf(rules: readonly FileRule[] | undefined): { readonly rules?: readonly ArgumentRule[] } {
  if (rules === undefined) return {};
  return { rules: rules.map((rule) => ('below' in rule ? rule : { argument: rule.argument, oneOf: rule.one_of })) };
}

/**
 * What the roles permit by effect, as own policies of the file: they stand in decisions and lists with their line. Names were checked: none can end a text of
 * Cedar. A service account has only what is granted to it by name (DESIGN section 4).
 */
export function rolePolicies(roles: readonly RolePlan[], file: string, places: Places): readonly OwnPolicy[] {
  return roles.flatMap(({ name, effects }) => {
    const conditions = (['read', 'write'] as const).flatMap((most) => conditionOf(effects, most));
    if (conditions.length === 0) return [];
    const text = `@id("role-${name}")
permit (principal in Role::"${name}", action, resource)
when { ${conditions.join(' || ')} }
unless { principal in Role::"service" };`;
    return [{ id: `role-${name}`, text, place: { file, line: places.keyAt(['roles', name])?.line ?? 1 } }];
  });
}

function conditionOf(effects: RolePlan['effects'], most: 'read' | 'write'): readonly string[] {
  const servers = Object.keys(effects).filter((server) => effects[server] === most);
  if (servers.length === 0) return [];
  const upTo = most === 'read' ? 'resource.effect == "read"' : '(resource.effect == "read" || resource.effect == "write")';
  return servers.includes('*') ? [upTo] : [`(resource in [${servers.map((server) => `Server::"${server}"`).join(', ')}] && ${upTo})`];
}

/** Which roles of the file a principal has. */
export function membersOf(roles: readonly RolePlan[]): ReadonlyMap<string, readonly string[]> {
  const members = new Map<string, string[]>();
  for (const { name, members: ids } of roles) for (const id of ids) members.set(id, [...(members.get(id) ?? []), name]);
  return members;
}
