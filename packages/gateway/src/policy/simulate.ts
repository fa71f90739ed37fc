import { type ArgumentRule, mistakeInRules } from '../base/argument-rules.ts';
import type { KeyId, PrincipalId, ServerId, TenantId } from '../base/ids.ts';
import { failure, type Result, success } from '../base/result.ts';
import type { Decision, Grant, PolicyResource, PolicySet } from '../contracts/decision.ts';
import type { JsonObject } from '../contracts/json.ts';
import type { Principal, Role, Scope } from '../contracts/principal.ts';
import type { PolicyReason } from '../contracts/reasons/policy.ts';
import type { Effect } from '../contracts/target.ts';
import { compilePolicies, type PolicyContent } from './compile-policies.ts';
import type { LabelsOfServers } from './labels.ts';
import type { OwnPolicy } from './own/own-policy.ts';

/** A table of cases with the world in which they hold: what `sallyport policy test` reads. */
export interface PolicyTable {
  readonly tools: Readonly<Record<string, TableTool>>;
  readonly principals: Readonly<Record<string, TablePrincipal>>;
  readonly grants: readonly { readonly principal: string; readonly tool: string; readonly rules?: readonly ArgumentRule[] }[];
  readonly cases: readonly PolicyCase[];
}

export interface TableTool {
  readonly effect: Effect;
  readonly inputSchema?: JsonObject;
  /** Labels; absent: none. */
  readonly dataClass?: string;
  readonly environment?: string;
}

export interface TablePrincipal {
  /** Those that ship, and those of the configuration. */
  readonly roles: readonly string[];
  readonly scopes?: readonly Scope[];
  readonly methods?: readonly string[];
  /** What its credential was issued for. */
  readonly purpose?: string;
}

/** `hidden`: it answers like a tool that does not exist. */
export type Expected = 'allow' | 'deny' | 'hidden';

export interface PolicyCase {
  readonly principal: string;
  readonly tool: string;
  readonly arguments?: JsonObject;
  /** When, as `2026-03-02T09:30:00Z`. Needed where policies read the time. */
  readonly at?: string;
  readonly expect: Expected;
  /** A policy that has to be among those that decided. */
  readonly by?: string;
}

export interface CaseResult {
  readonly case: PolicyCase;
  readonly got: Expected;
  readonly by: readonly string[];
  readonly passed: boolean;
}

const TENANT = 'default';
const EVERYWHERE: readonly Scope[] = [{ server: '*', tool: '*' }];

/** What is there besides what a table says: a configuration that is to be put in force. */
export interface World {
  readonly pins: PolicyContent['pins'];
  readonly servers: PolicyContent['servers'];
  readonly labels?: NonNullable<PolicyContent['labels']>;
  readonly grants: readonly Grant[];
  /** What roles name beyond their policies. */
  readonly roles: readonly { readonly name: string; readonly tools: readonly Pick<Grant, 'tool' | 'rules'>[] }[];
}

const NOTHING: World = { pins: [], servers: [], grants: [], roles: [] };

/** Decides each case as a gateway would, with the engine that it has. `policy.invalid`: the table or the policies cannot be put in force. */
export function simulate(table: PolicyTable, own: readonly OwnPolicy[]): Result<readonly CaseResult[], PolicyReason> {
  const decide = openTable(table, own, NOTHING);
  return decide.ok ? success(table.cases.map(decide.value)) : decide;
}

/** What decides the cases of a table, one at a time. What the table says of a tool goes before what is there. */
export function openTable(
  table: PolicyTable,
  own: readonly OwnPolicy[],
  world: World,
): Result<(one: PolicyCase) => CaseResult, PolicyReason> {
  const wrong = table.grants.map(({ rules }) => (rules === undefined ? null : mistakeInRules(rules))).find((mistake) => mistake !== null);
  if (wrong !== undefined) return failure('policy.invalid', `a grant: ${wrong}`);
  const pins = Object.entries(table.tools).map(([qualifiedName, { effect, inputSchema = {} }]) => {
    const [server = '', ...name] = qualifiedName.split('__');
    const named = { kind: 'tool', qualifiedName, server: server as ServerId, name: name.join('__') } as const;
    return { ...named, effect, state: 'approved', definition: { inputSchema } } as const;
  });
  const given = [...table.grants, ...grantsOfRoles(table, world)].map((grant, index) => ({ ...grant, id: `${index + 1}` }));
  const there = world.pins.filter((pin) => pin.kind !== 'tool' || !Object.hasOwn(table.tools, pin.qualifiedName));
  const set = compilePolicies({
    tenant: TENANT,
    own,
    grants: [...given, ...world.grants],
    pins: [...there, ...pins],
    servers: world.servers,
    labels: withTable(world.labels ?? new Map(), table),
  });
  if (!set.ok) return set;
  const undated = set.value.minute() === null ? undefined : table.cases.find(({ at }) => at === undefined);
  if (undated !== undefined)
    return failure(
      'policy.invalid',
      `policies read the time, so each case says when, as at: 2026-03-02T09:30:00Z; ${undated.principal} on ${undated.tool} does not`,
    );
  const approved = there.filter(({ kind, state }) => kind === 'tool' && state === 'approved');
  const tools = new Map<string, PolicyResource>([...approved, ...pins].map((pin) => [pin.qualifiedName, pin]));
  return success((one) => resultOf(set.value, table.principals, tools, one));
}

/** What the table says of a tool goes before what is there, its silence too. */
function withTable(labels: LabelsOfServers, { tools }: PolicyTable): LabelsOfServers {
  const all = new Map(labels);
  for (const [qualifiedName, { dataClass = '', environment = '' }] of Object.entries(tools)) {
    const [server = '', ...name] = qualifiedName.split('__');
    const known = all.get(server) ?? { dataClass: null, environment: null, tools: {}, prompts: {}, templates: {} };
    all.set(server, { ...known, tools: { ...known.tools, [name.join('__')]: { dataClass, environment } } });
  }
  return all;
}

const grantsOfRoles = ({ principals }: PolicyTable, { roles }: World): readonly Omit<Grant, 'id'>[] =>
  Object.entries(principals).flatMap(([principal, { roles: has }]) =>
    roles.filter(({ name }) => has.includes(name)).flatMap(({ tools }) => tools.map((tool) => ({ principal, ...tool }))),
  );

function resultOf(
  set: PolicySet,
  principals: PolicyTable['principals'],
  tools: ReadonlyMap<string, PolicyResource>,
  one: PolicyCase,
): CaseResult {
  const tool = tools.get(one.tool);
  const known = Object.hasOwn(principals, one.principal) ? principals[one.principal] : undefined;
  const { got, by } =
    tool === undefined || known === undefined
      ? NOWHERE
      : outcomeOf(timeOf(set, one), principalOf(one.principal, known), tool, one.arguments ?? {});
  return { case: one, got, by, passed: got === one.expect && (one.by === undefined || by.includes(one.by)) };
}

const timeOf = (set: PolicySet, { at }: PolicyCase): PolicySet => (at === undefined ? set : set.at(Date.parse(at)));

const NOWHERE: Pick<CaseResult, 'got' | 'by'> = { got: 'hidden', by: [] };

/** What a caller meets: the tool as if it were not there, a refusal, or the call. A fault is a refusal. */
export function outcomeOf(
  set: PolicySet,
  principal: Principal,
  tool: PolicyResource,
  given: JsonObject,
): { readonly got: Expected; readonly by: readonly string[]; readonly decision: Decision | null; readonly detail: string | null } {
  const discovered = set.decide(principal, 'discover', tool);
  if (!discovered.ok || discovered.value.effect !== 'allow')
    return {
      got: 'hidden',
      by: discovered.ok ? discovered.value.policies : [],
      decision: discovered.ok ? discovered.value : null,
      detail: discovered.ok ? null : (discovered.detail ?? null),
    };
  const called = set.decide(principal, 'call', tool);
  if (called.ok && called.value.effect !== 'conditional')
    return { got: called.value.effect, by: called.value.policies, decision: called.value, detail: null };
  const judged = set.judge(principal, tool, given);
  if (!judged.ok) return { got: 'deny', by: [], decision: null, detail: judged.detail ?? judged.reason };
  const { decision } = judged.value;
  return { got: decision.effect === 'allow' ? 'allow' : 'deny', by: decision.policies, decision, detail: null };
}

const principalOf = (id: string, { roles, scopes = EVERYWHERE, methods, purpose }: TablePrincipal): Principal => ({
  tenant: TENANT as TenantId,
  id: id as PrincipalId,
  name: id,
  // Cedar knows roles by name; administration, which knows the shipped ones alone, is not asked here.
  roles: roles as readonly Role[],
  scopes,
  credential: {
    kind: 'api_key',
    id: 'table' as KeyId,
    expiresAt: Number.MAX_SAFE_INTEGER,
    methods: methods ?? null,
    ...(purpose === undefined ? {} : { purpose }),
  },
});
