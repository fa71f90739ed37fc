import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KeyId, PrincipalId, ServerId, TenantId } from '../base/ids.ts';
import type { Grant, PolicyResource, PolicySet } from '../contracts/decision.ts';
import type { Principal, Role, Scope } from '../contracts/principal.ts';
import type { Effect, PinState } from '../contracts/target.ts';
import { type CompiledPolicies, compileDocument, compilePolicies } from './compile-policies.ts';
import { CACHED_DECISIONS, DecisionCache } from './decision-cache.ts';
import { inputsOf } from './inputs.ts';
import { replay } from './replay.ts';
import { SHIPPED_POLICIES } from './role-policies.ts';
import { POLICY_SCHEMA } from './schema.ts';

type PinnedTool = PolicyResource & { readonly state: PinState };

const tool = (name: string, effect: Effect, state: PinState = 'approved'): PinnedTool => ({
  kind: 'tool',
  server: 'files' as ServerId,
  name,
  qualifiedName: `files__${name}`,
  effect,
  state,
});

interface Caller {
  readonly id?: string;
  readonly roles?: readonly Role[];
  readonly scopes?: readonly Scope[];
  readonly methods?: readonly string[] | null;
}

const principal = ({
  id = 'alice',
  roles = ['writer'],
  scopes = [{ server: '*', tool: '*' }],
  methods = null,
}: Caller = {}): Principal => ({
  tenant: 'default' as TenantId,
  id: id as PrincipalId,
  name: 'A Person',
  roles,
  scopes,
  credential: { kind: 'api_key', id: 'k' as KeyId, expiresAt: 0, methods },
});

const compiled = (tools: readonly PinnedTool[], grants: readonly Grant[] = []): CompiledPolicies => {
  const set = compilePolicies({ tenant: 'default', grants, pins: tools, servers: [] });
  if (!set.ok) throw new Error(set.detail);
  return set.value;
};

const ask = (set: PolicySet, caller: Principal, action: 'discover' | 'call', resource: PolicyResource) => {
  const decision = set.decide(caller, action, resource);
  if (!decision.ok) throw new Error(decision.detail);
  return decision.value;
};

const READ = tool('read', 'read');
const DROP = tool('drop', 'destructive');

describe('a decision', () => {
  const grant: Grant = { id: 'g1', principal: 'alice', tool: 'files__drop' };
  const set = compiled([READ, DROP], [grant]);

  it('names the policies that made it, the version, and why not', () => {
    expect(ask(set, principal(), 'call', READ)).toEqual({
      effect: 'allow',
      policies: ['role-writer'],
      version: set.version,
      obligations: [],
      reason: null,
    });
    expect(ask(set, principal(), 'call', DROP).policies).toEqual(['grant:g1']);
    expect(ask(set, principal({ roles: ['reader', 'writer'] }), 'call', READ).policies).toEqual(['role-reader', 'role-writer']);
  });

  it.each([
    ['another principal', principal({ id: 'bob' }), DROP, 'policy.denied', []],
    ['no scope', principal({ scopes: [] }), READ, 'policy.out_of_scope', ['scope-tool']],
    ['a scope of another server', principal({ scopes: [{ server: 'mail', tool: '*' }] }), READ, 'policy.out_of_scope', ['scope-tool']],
    [
      'a scope that only looks like a pattern',
      principal({ scopes: [{ server: 'fil*', tool: '*' }] }),
      READ,
      'policy.out_of_scope',
      ['scope-tool'],
    ],
    ['methods without tools/call', principal({ methods: ['tools/list'] }), READ, 'policy.method_out_of_scope', ['scope-method']],
    [
      'a grant beyond the scope of the key',
      principal({ scopes: [{ server: 'files', tool: 'read' }] }),
      DROP,
      'policy.out_of_scope',
      ['scope-tool'],
    ],
    ['an effect other than the approved one', principal(), { ...DROP, effect: 'read' as const }, 'policy.denied', []],
    ['a name on another server', principal(), { ...READ, server: 'mail' as ServerId }, 'policy.denied', []],
  ])('denies with %s [R2-010 partial: addresses, minting]', (_, caller, resource, reason, policies) => {
    expect(ask(set, caller, 'call', resource)).toEqual({ effect: 'deny', policies, version: set.version, obligations: [], reason });
  });

  it('is the same from the cache, for equal facts in another object, and different for other facts', () => {
    expect(ask(set, principal(), 'call', READ)).toBe(ask(set, principal(), 'call', READ));
    expect(ask(set, principal({ roles: [] }), 'call', READ).effect).toBe('deny');
    expect(ask(set, principal({ scopes: [] }), 'call', READ).effect).toBe('deny');
    expect(ask(set, principal({ methods: [] }), 'call', READ).effect).toBe('deny');
  });

  it('is not carried over to a set without the grant', () => {
    expect(ask(compiled([READ, DROP]), principal(), 'call', DROP).effect).toBe('deny');
  });

  it.each([
    ['a principal without roles', { roles: null }],
    ['a principal without a credential', { credential: null }],
    ['an id that is no text', { id: 5 }],
  ])('is a fault, never an allow, for %s', (_, broken) => {
    expect(set.decide({ ...principal(), ...broken } as unknown as Principal, 'call', DROP)).toMatchObject({
      ok: false,
      reason: 'policy.fault',
    });
  });
});

describe('names that others chose', () => {
  const NASTY = ['"', '\\', '";permit(principal,action,resource);//', '\u0000', '::', '😀'];

  it.each(NASTY)('are never parsed as policy text: %j', (text) => {
    const set = compiled([tool(text, 'destructive'), DROP], [{ id: 'g1', principal: `p${text}`, tool: `files__${text}` }]);
    expect(ask(set, principal({ id: `p${text}` }), 'call', tool(text, 'destructive')).effect).toBe('allow');
    expect(ask(set, principal({ id: `p${text}` }), 'call', DROP).effect).toBe('deny');
    expect(ask(set, principal({ id: 'p' }), 'call', tool(text, 'destructive')).effect).toBe('deny');
  });
});

describe('what does not compile', () => {
  const document = { tenant: 'default', schema: POLICY_SCHEMA, policies: SHIPPED_POLICIES, grants: [], pins: [], servers: [] };

  it.each([
    ['a policy that does not parse', { ...document, policies: { broken: 'permit (' } }],
    [
      'a misspelt attribute',
      { ...document, policies: { typo: 'permit (principal, action, resource) when { resource.efect == "read" };' } },
    ],
    ['an unknown action', { ...document, policies: { typo: 'permit (principal, action == Action::"cal", resource);' } }],
    ['a schema that does not parse', { ...document, schema: 'entity' }],
    ['a malformed grant id', { ...document, grants: [{ id: 'a b', principal: 'p', tool: 't' }] }],
    [
      'two grants of one id',
      {
        ...document,
        grants: [
          { id: 'a', principal: 'p', tool: 't' },
          { id: 'a', principal: 'q', tool: 't' },
        ],
      },
    ],
    ['a grant for nobody', { ...document, grants: [{ id: 'a', principal: '', tool: 't' }] }],
  ])('%s is policy.invalid', (_, broken) => {
    expect(compileDocument(broken)).toMatchObject({ ok: false, reason: 'policy.invalid' });
  });

  it('an error while a policy is evaluated is a fault, although another policy permits', () => {
    const overflow = 'forbid (principal, action, resource) when { 9223372036854775807 + 1 == 0 };';
    const set = compileDocument({ ...document, policies: { ...SHIPPED_POLICIES, overflow }, pins: [READ] });
    if (!set.ok) throw new Error(set.detail);
    expect(set.value.decide(principal(), 'call', READ)).toMatchObject({ ok: false, reason: 'policy.fault' });
  });
});

function settledMegabytes(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  return process.memoryUsage().rss / 1024 / 1024;
}

const roles = fc.subarray<Role>(['reader', 'writer', 'approver', 'auditor', 'admin', 'service', 'monitor']);
const names = fc.constantFrom('a', 'b', 'c');
const scopes = fc.array(fc.record({ server: fc.constantFrom('*', 'files', 'mail'), tool: fc.constantFrom('*', 'a', 'b') }), {
  maxLength: 3,
});
const methods = fc.option(fc.subarray(['tools/call', 'tools/list', 'ping']), { nil: null, freq: 1 });
const effects = fc.constantFrom<Effect>('read', 'write', 'destructive');
const states = fc.constantFrom<PinState>('approved', 'approved', 'approved', 'pending', 'changed', 'quarantined');
const grants = fc.array(
  fc.record({ principal: fc.constantFrom('alice', 'bob'), tool: fc.constantFrom('files__a', 'files__b', 'mail__a') }),
  { maxLength: 8 },
);

describe('for any caller, tool and grants', () => {
  const situation = fc.record({ roles, scopes, methods, name: names, effect: effects, state: states, grants });
  const numbered = (list: readonly Omit<Grant, 'id'>[]): readonly Grant[] => list.map((one, index) => ({ ...one, id: `g${index}` }));

  it('every call that could be permitted implies discover, destructive implies a grant, and replay agrees [R2-058 partial: stored in the journal]', () => {
    let permitted = 0;
    fc.assert(
      fc.property(situation, (s) => {
        const target = tool(s.name, s.effect, s.state);
        const set = compiled([target], numbered(s.grants));
        const caller = principal({ roles: s.roles, scopes: s.scopes, methods: s.methods });
        const call = ask(set, caller, 'call', target);
        if (call.effect === 'allow') {
          permitted += 1;
          expect(ask(set, caller, 'discover', target).effect).toBe('allow');
          expect(s.state).toBe('approved');
          expect(s.scopes).not.toEqual([]);
          const granted = s.grants.some((grant) => grant.principal === 'alice' && grant.tool === target.qualifiedName);
          if (s.effect === 'destructive' || s.roles.includes('service')) expect(granted).toBe(true);
        }
        const stored = JSON.parse(JSON.stringify({ document: set.document, inputs: inputsOf(caller, 'call', target) }));
        expect(replay(stored.document, call.version, stored.inputs)).toEqual({ ok: true, value: call });
      }),
      { numRuns: 600 },
    );
    expect(permitted).toBeGreaterThan(30);
  }, 120_000);

  it('a version changes with any content, and not with its order', () => {
    const pair: readonly Grant[] = [
      { id: 'a', principal: 'p', tool: 't' },
      { id: 'b', principal: 'q', tool: 't' },
    ];
    const one = compiled([READ, DROP], pair);
    expect(compiled([DROP, READ], pair.toReversed()).version).toBe(one.version);
    const others = [compiled([READ], pair), compiled([READ, DROP], pair.slice(1)), compiled([{ ...READ, effect: 'write' }, DROP], pair)];
    expect(new Set([one, ...others].map((set) => set.version)).size).toBe(4);
    // A tool that is not approved is not part of what can be decided.
    expect(compiled([READ, { ...DROP, state: 'changed' }], pair).version).toBe(compiled([READ], pair).version);
  });

  it('replay refuses a document that is not the one of the record', () => {
    const set = compiled([READ]);
    expect(replay({ ...set.document, tenant: 'other' }, set.version, inputsOf(principal(), 'call', READ))).toMatchObject({
      ok: false,
      reason: 'policy.invalid',
    });
  });
});

describe('memory', () => {
  it('stays flat over 1,000 reloads, each with grants of its own', () => {
    const reload = (round: number): void => {
      const own = Array.from(
        { length: 5 },
        (_, index): Grant => ({ id: `g${round}-${index}`, principal: 'alice', tool: `files__t${index}` }),
      );
      const tools = own.map((_, index) => tool(`t${index}`, 'destructive'));
      const set = compiled(tools, own);
      for (const each of tools) expect(ask(set, principal(), 'call', each).policies).toEqual([`grant:g${round}-${each.name.slice(1)}`]);
    };
    for (let round = 0; round < 200; round++) reload(round);
    const before = settledMegabytes();
    for (let round = 200; round < 1200; round++) reload(round);
    const grown = settledMegabytes() - before;
    console.log(`rss grew by ${grown.toFixed(1)} MB over 1,000 reloads and 5,000 preparsed slices`);
    // Under ids of their own, 5,000 slices of six policies would keep about 80 MB.
    expect(grown).toBeLessThan(30);
  }, 60_000);

  it('of the cache is bounded by entries and by callers', () => {
    const cache = new DecisionCache(100);
    const answer = { ok: true, value: { effect: 'deny', policies: [], version: '', obligations: [], reason: 'policy.denied' } } as const;
    for (let index = 0; index < 1000; index++) {
      cache.keep(principal({ id: `p${index}` }), READ, answer);
      expect(cache.size).toBeLessThanOrEqual(100);
    }
    expect(cache.find(principal({ id: 'p999' }), READ)).toBe(answer);
    expect(cache.find(principal({ id: 'p1' }), READ)).toBeNull();
    expect(CACHED_DECISIONS).toBeLessThanOrEqual(100_000);
  });
});
