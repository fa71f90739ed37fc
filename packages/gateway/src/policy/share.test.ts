import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
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

const principalOf = ({ id, tenant, roles, scopes, methods }: typeof caller extends fc.Arbitrary<infer T> ? T : never): Principal => ({
  tenant: tenant as TenantId,
  id: id as PrincipalId,
  name: '',
  roles,
  scopes,
  credential: { kind: 'api_key', id: 'k' as KeyId, expiresAt: 0, methods },
});

function documentOf(own: readonly string[], granted: readonly Omit<Grant, 'id'>[], known: readonly PolicyResource[]): PolicyDocument {
  const policies = { ...SHIPPED_POLICIES, ...Object.fromEntries(own.map((text, index) => [`own-${index}`, text])) };
  const numbered = granted.map((grant, index) => ({ ...grant, id: `g${index}` }));
  return {
    tenant: 'default',
    schema: POLICY_SCHEMA,
    policies,
    grants: numbered,
    pins: known,
    servers: [{ server: 's1' as ServerId, effect: 'read' }],
  };
}

describe('a shared decision', () => {
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
