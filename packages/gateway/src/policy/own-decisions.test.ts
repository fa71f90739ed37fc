import cedar from '@cedar-policy/cedar-wasm/nodejs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keepsRules } from '../base/argument-rules.ts';
import type { KeyId, PrincipalId, ServerId, TenantId } from '../base/ids.ts';
import type { Grant, PolicyResource } from '../contracts/decision.ts';
import type { JsonObject } from '../contracts/json.ts';
import type { Principal, Role, Scope } from '../contracts/principal.ts';
import type { Effect } from '../contracts/target.ts';
import { compilePolicies } from './compile-policies.ts';
import { replay } from './replay.ts';
import { SHIPPED_POLICIES } from './role-policies.ts';

// Everything at once, against an evaluation that knows no slices, no caches and no forms without arguments: Cedar over all texts.

const definition = {
  inputSchema: { type: 'object', required: ['path'], properties: { path: { type: 'string' }, n: { type: 'integer' } } },
};
const tool = (server: string, name: string, effect: Effect) =>
  ({ kind: 'tool', server: server as ServerId, name, qualifiedName: `${server}__${name}`, effect, state: 'approved', definition }) as const;
const TOOLS = [tool('files', 'a', 'read'), tool('files', 'b', 'write'), tool('mail', 'a', 'write'), tool('mail', 'c', 'destructive')];

const LABELS = new Map([
  [
    'files',
    { dataClass: 'secret', environment: null, tools: { a: { dataClass: 'open', environment: 'test' } }, prompts: {}, templates: {} },
  ],
]);
const labelsOf = ({ server, name }: PolicyResource) => {
  if (server !== 'files') return { dataClass: '', environment: '' };
  return name === 'a' ? { dataClass: 'open', environment: 'test' } : { dataClass: 'secret', environment: '' };
};
/** Moments with what they are, by a calendar. */
const MOMENTS = [
  { text: '2026-03-02T09:59:59.999Z', facts: { now: '2026-03-02T09:59:00.000Z', weekday: 'monday', minuteOfDay: 599 } },
  { text: '2026-03-02T10:00:00Z', facts: { now: '2026-03-02T10:00:00.000Z', weekday: 'monday', minuteOfDay: 600 } },
  { text: '2026-03-03T00:00:00Z', facts: { now: '2026-03-03T00:00:00.000Z', weekday: 'tuesday', minuteOfDay: 0 } },
] as const;
type Moment = (typeof MOMENTS)[number];

const HEADS_OF_CALLERS = [
  'principal',
  'principal == Principal::"ann"',
  'principal in Role::"reader"',
  'principal is Principal in Role::"service"',
];
const HEADS_OF_TOOLS = [
  'resource == Tool::"files__b"',
  'resource == Tool::"gone__x"',
  'resource is Tool',
  'resource is Tool in Server::"mail"',
];
const CONDITIONS = [
  'true',
  'resource.effect == "write"',
  'principal.tenant == "default"',
  'context.arguments.path == "x"',
  'context.arguments.path like "x*"',
  'context.arguments has n && context.arguments.n > 3',
  '!(context.arguments.path == "x") || resource.name == "a"',
  'principal.purpose == "audit"',
  'resource.dataClass == "secret" && principal.purpose != "audit"',
  'resource.environment == "test" || context.arguments.path == "y"',
  'context.time.weekday == "monday"',
  'context.time.minuteOfDay < 600 || context.arguments.path == "x"',
  'context.time.now >= datetime("2026-03-03T00:00:00Z")',
  'context["t\\u{69}me"].weekday == "tuesday" && context.arguments.path like "x*"',
  'context has time && principal has purpose && context.arguments has n',
  'if resource.effect == "read" then context.arguments.path == "y" else principal in Role::"writer"',
];
const own = fc.array(
  fc
    .tuple(
      fc.constantFrom('permit', 'permit', 'forbid'),
      fc.constantFrom(...HEADS_OF_CALLERS),
      fc.constantFrom('action', 'action == Action::"call"', 'action in [Action::"call"]'),
      fc.constantFrom(...HEADS_OF_TOOLS),
      fc.constantFrom('when', 'unless'),
      fc.constantFrom(...CONDITIONS),
    )
    .map(([effect, caller, action, target, kind, body]) => `${effect} (${caller}, ${action}, ${target}) ${kind} { ${body} };`),
  { maxLength: 4 },
);
const rules = fc.option(fc.constantFrom([{ argument: 'path', oneOf: ['x', 'y'] }], [{ argument: 'path', below: 'x' }]), { nil: undefined });
const grants = fc.uniqueArray(
  fc.record({ principal: fc.constantFrom('ann', 'bob'), tool: fc.constantFrom(...TOOLS.map(({ qualifiedName }) => qualifiedName)), rules }),
  { maxLength: 4, selector: (grant) => `${grant.principal} ${grant.tool}` },
);
const scopes = fc.oneof(
  fc.constant<Scope[]>([{ server: '*', tool: '*' }]),
  fc.array(fc.record({ server: fc.constantFrom('*', 'files', 'mail'), tool: fc.constantFrom('*', 'a', 'b'), rules }), {
    minLength: 1,
    maxLength: 2,
  }),
);
const caller = fc.record({
  id: fc.constantFrom('ann', 'bob'),
  tenant: fc.constantFrom('default', 'default', 'default', 'other'),
  roles: fc.subarray<Role>(['reader', 'writer', 'service'], { minLength: 1 }),
  scopes,
  methods: fc.option(fc.constantFrom(['tools/call'], ['tools/list'], ['ping']), { nil: null, freq: 5 }),
  purpose: fc.constantFrom('audit', 'support', undefined),
});
const given = fc.record({ path: fc.constantFrom('x', 'y', 'xy', 'x/y', 'z'), n: fc.option(fc.constantFrom(3, 4), { nil: undefined }) });

type Value<A> = A extends fc.Arbitrary<infer T> ? T : never;
const clean = <T extends object>(value: T): T =>
  Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as T;

const principalOf = ({ id, tenant, roles, scopes: reach, methods, purpose }: Value<typeof caller>): Principal => ({
  tenant: tenant as TenantId,
  id: id as PrincipalId,
  name: '',
  roles,
  scopes: (reach as readonly Scope[]).map(clean),
  credential: { kind: 'api_key', id: 'k' as KeyId, expiresAt: 0, methods, ...(purpose === undefined ? {} : { purpose }) },
});

/** Whether a call is permitted, by Cedar alone and all policies as texts. */
function naive(
  who: Principal,
  of: PolicyResource,
  args: JsonObject,
  policies: Readonly<Record<string, string>>,
  granted: readonly Grant[],
  { facts }: Moment,
): boolean {
  const inScope = who.scopes.some(
    (scope) =>
      ['*', of.server].includes(scope.server) &&
      ['*', of.name].includes(scope.tool) &&
      (scope.rules === undefined || keepsRules(scope.rules, args)),
  );
  const mine = granted.filter(({ rules: rule }) => rule === undefined || keepsRules(rule, args));
  const texts = mine.map(
    ({ principal, tool: name }) => `permit (principal == Principal::"${principal}", action, resource == Tool::"${name}");`,
  );
  const { methods } = who.credential;
  const time = { ...facts, now: { __extn: { fn: 'datetime', arg: facts.now } } };
  const issued = { tenant: who.tenant, purpose: who.credential.purpose ?? '' };
  const answer = cedar.isAuthorized({
    principal: { type: 'Principal', id: who.id },
    action: { type: 'Action', id: 'call' },
    resource: { type: 'Tool', id: of.qualifiedName },
    context: { inScope, methodInScope: methods === null || methods.includes('tools/call'), arguments: args as cedar.Context, time },
    entities: [
      { uid: { type: 'Principal', id: who.id }, attrs: issued, parents: who.roles.map((id) => ({ type: 'Role', id })) },
      {
        uid: { type: 'Tool', id: of.qualifiedName },
        attrs: { tenant: 'default', server: of.server, name: of.name, effect: of.effect, ...labelsOf(of) },
        parents: [{ type: 'Server', id: of.server }],
      },
    ],
    policies: { staticPolicies: { ...policies, ...Object.fromEntries(texts.map((text, index) => [`g${index}`, text])) } },
  });
  if (answer.type === 'failure' || answer.response.diagnostics.errors.length > 0) throw new Error(JSON.stringify(answer));
  return answer.response.decision === 'allow';
}

describe('with policies, grants and scopes about arguments', () => {
  it('every call is decided as Cedar decides it over all texts, and one that could be permitted is discovered', () => {
    const seen = { allow: 0, deny: 0, conditional: 0, permitted: 0, refused: 0 };
    fc.assert(
      fc.property(
        own,
        grants,
        fc.array(caller, { minLength: 1, maxLength: 2 }),
        fc.array(given, { minLength: 3, maxLength: 4 }),
        fc.constantFrom(...MOMENTS),
        (texts, granted, callers, calls, moment) => {
          const policies = texts.map((text, index) => ({
            id: `p-${index}`,
            text: `@id("p-${index}") ${text}`,
            place: { file: null, line: 1 },
          }));
          const numbered = granted.map((grant, index) => clean({ ...grant, id: `g${index}` }) as Grant);
          const more = { labels: LABELS, now: () => Date.parse(moment.text) };
          const set = compilePolicies({ tenant: 'default', own: policies, grants: numbered, pins: TOOLS, servers: [], ...more });
          if (!set.ok) throw new Error(set.detail);
          const all = { ...SHIPPED_POLICIES, ...Object.fromEntries(texts.map((text, index) => [`p${index}`, text])) };
          const known = calls.map(clean) as unknown as readonly JsonObject[];
          for (const one of callers) {
            const who = principalOf(one);
            for (const each of TOOLS) {
              const [before, discovered] = [set.value.decide(who, 'call', each), set.value.decide(who, 'discover', each)];
              if (!before.ok || !discovered.ok) throw new Error('a fault');
              seen[before.value.effect] += 1;
              for (const args of known) {
                const judged = set.value.judge(who, each, args);
                if (!judged.ok) throw new Error(judged.detail);
                const { decision, inputs } = judged.value;
                const mine = numbered.filter(({ principal, tool: name }) => principal === who.id && name === each.qualifiedName);
                const permitted = naive(who, each, args, all, mine, moment);
                expect(decision.effect).toBe(permitted ? 'allow' : 'deny');
                seen[permitted ? 'permitted' : 'refused'] += 1;
                // What was said before the arguments were known holds for all of them, and nothing that can be called is hidden.
                if (before.value.effect !== 'conditional') expect(decision.effect).toBe(before.value.effect);
                if (permitted) expect(discovered.value.effect).toBe('allow');
                if (args !== known[0]) continue;
                const again = replay(set.value.document, set.value.version, JSON.parse(JSON.stringify(inputs)));
                expect(again).toMatchObject({ ok: true, value: { effect: decision.effect, policies: decision.policies } });
              }
              // Nothing is shown that no arguments could call, but to a key that may only list.
              if (discovered.value.effect === 'allow' && who.credential.methods?.[0] !== 'tools/list')
                expect(before.value.effect).not.toBe('deny');
            }
          }
        },
      ),
      { numRuns: 60 },
    );
    // Every verdict was met: a table in which one never comes would prove nothing of it.
    for (const times of Object.values(seen)) expect(times).toBeGreaterThan(0);
  }, 240_000);
});
