import cedar from '@cedar-policy/cedar-wasm/nodejs';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { KeyId, PrincipalId, ServerId, TenantId } from '../base/ids.ts';
import type { Action, Grant, PolicyResource } from '../contracts/decision.ts';
import type { Principal, Role } from '../contracts/principal.ts';
import type { Effect, TargetKind } from '../contracts/target.ts';
import { openDecider } from './decide.ts';
import { type PolicyDocument, versionOf } from './document.ts';
import { inputsOf } from './inputs.ts';
import { openOwnPolicies } from './own/ask-own.ts';
import { namesSomebody } from './readings.ts';
import { SHIPPED_POLICIES } from './role-policies.ts';
import { POLICY_SCHEMA } from './schema.ts';
import { openSharingDecider } from './share.ts';

const SERVERS = ['files', 'mail'];
const NAMES = ['a', 'b', 'c', 'd'];
const PRINCIPALS = ['ann', 'bob', 'anybody', 'anything'];
const QUALIFIED = SERVERS.flatMap((server) => NAMES.map((name) => `${server}__${name}`));

/** Policies of operators: some tell callers or tools apart, some do not. Each by whether it does. */
const OWN: readonly (readonly [telling: boolean, text: string])[] = [
  [false, 'forbid (principal in Role::"auditor", action, resource) when { resource.effect != "read" };'],
  [false, 'permit (principal, action == Action::"discover", resource) when { principal.tenant == resource.tenant };'],
  [false, 'permit (principal, action, resource) when { principal in Role::"approver" && resource["effect"] == "read" };'],
  [false, 'forbid (principal, action, resource) unless { context.inScope && {"Var": 1} == {"Var": 1} };'],
  [false, 'forbid (principal, action, resource) when { principal.purpose == "audit" && resource.dataClass == "secret" };'],
  [false, 'forbid (principal, action, resource) unless { context.time.weekday == "thursday" };'],
  [true, 'permit (principal == Principal::"ann", action, resource);'],
  [true, 'forbid (principal, action, resource == Tool::"files__a");'],
  [true, 'permit (principal, action, resource in Tool::"files__a");'],
  [true, 'permit (principal in Principal::"ann", action, resource);'],
  [true, 'permit (principal, action, resource) when { resource.name == "a" };'],
  [true, 'permit (principal, action, resource) when { resource.server like "m*" };'],
  [true, 'forbid (principal, action, resource) when { principal == Principal::"bob" };'],
  [true, 'permit (principal, action, resource) when { principal in [Principal::"bob", Role::"none"] };'],
  [true, 'forbid (principal, action, resource) when { {a: resource}.a.name == "b" };'],
  [true, 'forbid (principal, action, resource) when { {Var: principal}.Var == Principal::"bob" };'],
  [true, 'forbid (principal, action, resource) when { {"in": principal}["in"] == Principal::"bob" };'],
  [true, 'forbid (principal, action, resource) when { {".": resource}["."].name == "b" };'],
  [true, 'forbid (principal, action, resource) when { {"__proto__": resource.name} == {"__proto__": "b"} };'],
  [true, 'forbid (principal, action, resource) when { if resource.effect == "read" then resource == Tool::"mail__b" else false };'],
  [true, 'forbid (principal, action, resource) when { Tool::"files__a".effect == "read" };'],
  [true, 'forbid (principal, action, resource) when { [principal].contains(Principal::"ann") };'],
];

describe('what policies can tell apart', () => {
  it.each(OWN)('%s: %s', (telling, text) => {
    expect(namesSomebody({ own: text })).toBe(telling);
  });

  it('is nobody for what ships, and somebody for what cannot be read', () => {
    expect(namesSomebody(SHIPPED_POLICIES)).toBe(false);
    expect(namesSomebody({ ...SHIPPED_POLICIES, broken: 'permit (' })).toBe(true);
  });
});

const effect = fc.constantFrom<Effect>('read', 'write', 'destructive');
const tools = fc
  .tuple(fc.subarray(QUALIFIED, { minLength: 1 }), fc.array(effect, { minLength: 8, maxLength: 8 }))
  .map(([names, effects]) => names.map((name, index): PolicyResource => resourceOf(name, effects[index] ?? 'read')));
const caller = fc.record({
  id: fc.constantFrom(...PRINCIPALS),
  tenant: fc.constantFrom('default', 'default', 'other'),
  roles: fc.subarray<Role>(['reader', 'writer', 'approver', 'auditor', 'admin', 'service', 'monitor']),
  scopes: fc.array(fc.record({ server: fc.constantFrom('*', ...SERVERS), tool: fc.constantFrom('*', 'a', 'b') }), { maxLength: 3 }),
  methods: fc.option(fc.subarray(['tools/call', 'tools/list', 'ping']), { nil: null, freq: 2 }),
  purpose: fc.constantFrom('audit', 'support', undefined),
});
const question = fc.record({
  caller,
  action: fc.constantFrom<Action>('discover', 'call'),
  kind: fc.oneof(
    { weight: 9, arbitrary: fc.constant<TargetKind>('tool') },
    { weight: 3, arbitrary: fc.constantFrom<TargetKind>('prompt', 'template', 'resource') },
  ),
  tool: fc.constantFrom(...QUALIFIED),
  effect: fc.option(effect, { nil: null, freq: 4 }),
});
const grants = fc.array(fc.record({ principal: fc.constantFrom(...PRINCIPALS), tool: fc.constantFrom(...QUALIFIED) }), { maxLength: 24 });

function resourceOf(qualifiedName: string, ofEffect: Effect, kind: TargetKind = 'tool'): PolicyResource {
  const [server = '', name = ''] = qualifiedName.split('__');
  return { kind, server: server as ServerId, name, qualifiedName, effect: ofEffect, ...(kind === 'resource' ? { template: null } : {}) };
}

const principalOf = ({
  id,
  tenant,
  roles,
  scopes,
  methods,
  purpose,
}: typeof caller extends fc.Arbitrary<infer T> ? T : never): Principal => ({
  tenant: tenant as TenantId,
  id: id as PrincipalId,
  name: '',
  roles,
  scopes,
  credential: { kind: 'api_key', id: 'k' as KeyId, expiresAt: 0, methods, ...(purpose === undefined ? {} : { purpose }) },
});

function documentOf(own: readonly string[], granted: readonly Omit<Grant, 'id'>[], known: readonly PolicyResource[]): PolicyDocument {
  const policies = { ...SHIPPED_POLICIES, ...Object.fromEntries(own.map((text, index) => [`own-${index}`, text])) };
  const numbered = granted.map((grant, index) => ({ ...grant, id: `g${index}` }));
  return {
    tenant: 'default',
    schema: POLICY_SCHEMA,
    policies,
    grants: numbered,
    pins: known.map((pin, index) =>
      index % 3 === 0 ? pin : { ...pin, labels: { dataClass: index % 3 === 1 ? 'secret' : 'open', environment: '' } },
    ),
    servers: [{ server: 's1' as ServerId, effect: 'read' }],
  };
}

/** Own policies as they stand beside what ships: heads that fit some, conditions that tell apart in every way. */
const HEADS = [
  'principal, action, resource',
  'principal == Principal::"ann", action, resource is Tool',
  'principal in Role::"reader", action == Action::"call", resource in Server::"mail"',
  'principal is Principal, action, resource == Tool::"files__a"',
  'principal, action, resource is Prompt in Server::"files"',
];
const BODIES = [
  'true',
  'resource.effect == "read"',
  'resource.name == "a" || resource.name == "c"',
  'resource.server == "mail"',
  'resource in Server::"files"',
  'principal in Role::"writer" && resource.server like "f*" && resource.name like "b*"',
  'principal == Principal::"bob"',
  'resource == Tool::"mail__b"',
  'principal.tenant == resource.tenant',
  '{"__proto__": resource.name} == {"__proto__": "b"}',
  'context.inScope',
  'principal.purpose == "audit"',
  'resource.dataClass == "secret"',
  'resource.environment == "" && resource.dataClass != "open"',
];

const ownDocument = fc
  .tuple(
    fc.array(
      fc.tuple(
        fc.constantFrom('permit', 'forbid'),
        fc.constantFrom(...HEADS),
        fc.constantFrom('when', 'unless'),
        fc.constantFrom(...BODIES),
      ),
      {
        minLength: 1,
        maxLength: 5,
      },
    ),
    grants,
    tools,
  )
  .map(([own, granted, known]): { readonly document: PolicyDocument; readonly known: readonly PolicyResource[] } => {
    const texts = own.map(([verb, head, kind, body], index) => `@id("p-${index}") ${verb} (${head}) ${kind} { ${body} };`);
    const policies = texts.map((text, index) => ({ id: `p-${index}`, text, place: { file: null, line: 1 } }));
    return { document: { ...documentOf([], granted, known), own: policies }, known };
  });

describe('a shared decision', () => {
  it('is the decision that Cedar makes for the question itself where own policies concern it, of which ever kind they are', () => {
    const seen = { allow: 0, deny: 0, own: 0 };
    fc.assert(
      fc.property(ownDocument, fc.array(question, { minLength: 15, maxLength: 30 }), ({ document, known }, asked) => {
        const version = versionOf(document);
        const mine = openOwnPolicies(document);
        if (!mine.ok) throw new Error(mine.detail);
        const [sharing, plain] = [openSharingDecider(document, version, mine.value), openDecider(document, version, mine.value)];
        for (const one of asked) {
          const pinned = known.find((each) => each.qualifiedName === one.tool);
          const resource = resourceOf(one.tool, one.effect ?? pinned?.effect ?? 'read', one.kind);
          const inputs = inputsOf(principalOf(one.caller), one.action, resource);
          const answer = sharing(inputs);
          expect(answer).toEqual(plain(inputs));
          if (!answer.ok) continue;
          seen[answer.value.effect === 'allow' ? 'allow' : 'deny'] += 1;
          if (answer.value.policies.some((id) => id.startsWith('p-'))) seen.own += 1;
        }
      }),
      { numRuns: 200 },
    );
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(10);
  }, 180_000);

  it('is asked of Cedar a few times for a thousand tools, and once more for a caller of other roles, however wide own policies are', () => {
    const asked = vi.spyOn(cedar, 'statefulIsAuthorized');
    const known = Array.from({ length: 1000 }, (_, index) =>
      resourceOf(`s${index % 10}__t${index}`, (['read', 'write', 'destructive'] as const)[index % 3] ?? 'read'),
    );
    const texts = [
      'permit (principal in Role::"writer", action, resource is Tool) when { resource.effect == "write" };',
      'forbid (principal, action, resource) when { resource.server == "s4" };',
      'permit (principal, action, resource in Server::"s3") when { context.inScope };',
    ];
    const own = texts.map((text, index) => ({ id: `p-${index}`, text: `@id("p-${index}") ${text}`, place: { file: null, line: 1 } }));
    const document = { ...documentOf([], [], known), own };
    const mine = openOwnPolicies(document);
    if (!mine.ok) throw new Error(mine.detail);
    const decide = openSharingDecider(document, versionOf(document), mine.value);
    const counts = (['writer', 'writer', 'reader'] as const).map((role, index) => {
      const who = principalOf({
        id: `u${index}`,
        tenant: 'default',
        roles: [role],
        scopes: [{ server: '*', tool: '*' }],
        methods: null,
        purpose: undefined,
      });
      asked.mockClear();
      for (const resource of known) expect(decide(inputsOf(who, 'discover', resource)).ok).toBe(true);
      return asked.mock.calls.length;
    });
    asked.mockRestore();
    // Ten servers x three effects, since one policy reads the server.
    expect(counts).toEqual([30, 0, 30]);
  });

  it('is the decision that Cedar makes for the question itself, whoever asked before', () => {
    const seen = { allow: 0, deny: 0, granted: 0, shared: 0 };
    const own = fc.subarray(
      OWN.map(([, text]) => text),
      { maxLength: 2 },
    );
    fc.assert(
      fc.property(
        fc.oneof(fc.constant([]), own),
        grants,
        tools,
        fc.array(question, { minLength: 20, maxLength: 40 }),
        (more, granted, known, asked) => {
          const document = documentOf(more, granted, known);
          const version = versionOf(document);
          const mine = openOwnPolicies(document);
          if (!mine.ok) throw new Error(mine.detail);
          const [sharing, plain] = [openSharingDecider(document, version, mine.value), openDecider(document, version, mine.value)];
          if (!namesSomebody(document.policies)) seen.shared += 1;
          for (const one of asked) {
            const pinned = known.find((each) => each.qualifiedName === one.tool);
            const resource = resourceOf(one.tool, one.effect ?? pinned?.effect ?? 'read', one.kind);
            const inputs = inputsOf(principalOf(one.caller), one.action, resource);
            const answer = sharing(inputs);
            expect(answer).toEqual(plain(inputs));
            if (!answer.ok) continue;
            seen[answer.value.effect === 'allow' ? 'allow' : 'deny'] += 1;
            if (answer.value.policies.some((id) => id.startsWith('grant:'))) seen.granted += 1;
          }
        },
      ),
      { numRuns: 600 },
    );
    // Rare kinds that never came up would prove nothing.
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(40);
  }, 60_000);
});
