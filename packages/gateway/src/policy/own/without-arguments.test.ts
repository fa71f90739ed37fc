import cedar from '@cedar-policy/cedar-wasm/nodejs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withoutArguments } from './without-arguments.ts';

/** Conditions over three facts that are known and three arguments. */
const atom = fc.constantFrom(
  'context.inScope',
  'principal.tenant == "a"',
  'resource.effect == "read"',
  'context.arguments.a == "x"',
  'context.arguments.b like "x*"',
  '(context.arguments has c && context.arguments.c == "x")',
);
const { body } = fc.letrec<{ body: string }>((tie) => ({
  body: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    atom,
    tie('body').map((inner) => `!(${inner})`),
    fc.tuple(tie('body'), tie('body')).map(([left, right]) => `(${left} && ${right})`),
    fc.tuple(tie('body'), tie('body')).map(([left, right]) => `(${left} || ${right})`),
    fc.tuple(tie('body'), tie('body'), tie('body')).map(([test, then, other]) => `(if ${test} then ${then} else ${other})`),
  ),
}));
const policy = fc.tuple(fc.constantFrom('permit', 'forbid'), fc.constantFrom('when', 'unless'), body);
const facts = fc.record({ inScope: fc.boolean(), tenant: fc.constantFrom('a', 'b'), effect: fc.constantFrom('read', 'write') });
const given = fc.record({
  a: fc.constantFrom('x', 'y'),
  b: fc.constantFrom('x1', 'y'),
  c: fc.option(fc.constantFrom('x', 'y'), { nil: undefined }),
});

type Facts = typeof facts extends fc.Arbitrary<infer T> ? T : never;

function satisfied(one: cedar.Policy, { inScope, tenant, effect }: Facts, args: Record<string, string | undefined>): boolean {
  const context = {
    inScope,
    arguments: Object.fromEntries(Object.entries(args).filter(([, value]) => value !== undefined)) as Record<string, string>,
  };
  const [principal, action, resource] = [
    { type: 'Principal', id: 'p' },
    { type: 'Action', id: 'call' },
    { type: 'Tool', id: 't' },
  ];
  const entities = [
    { uid: principal, attrs: { tenant }, parents: [] },
    { uid: resource, attrs: { effect }, parents: [] },
  ];
  const answer = cedar.isAuthorized({ principal, action, resource, context, entities, policies: { staticPolicies: { one } } });
  if (answer.type === 'failure' || answer.response.diagnostics.errors.length > 0) throw new Error(JSON.stringify(answer));
  return answer.response.diagnostics.reason.length > 0;
}

describe('a policy before its arguments are known', () => {
  it('permits wherever some arguments would be permitted, and forbids only where all would be', () => {
    const seen = { kept: 0, widened: 0 };
    fc.assert(
      fc.property(policy, facts, given, ([effect, kind, text], known, args) => {
        const exact = `${effect} (principal, action, resource) ${kind} { ${text} };`;
        const parsed = cedar.policyToJson(exact);
        if (parsed.type === 'failure') throw new Error(exact);
        const loose = withoutArguments(parsed.json);
        expect(JSON.stringify(loose)).not.toContain('arguments');
        const [holds, may] = [satisfied(exact, known, args), satisfied(loose, known, {})];
        // The loose form of a permit is implied by the exact one; of a forbid it implies it.
        if (effect === 'permit') expect(holds && !may).toBe(false);
        else expect(may && !holds).toBe(false);
        seen[holds === may ? 'kept' : 'widened'] += 1;
      }),
      { numRuns: 1500 },
    );
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(100);
  }, 60_000);

  it('is the policy itself where it reads none', () => {
    const parsed = cedar.policyToJson('forbid (principal, action, resource) unless { resource.effect == "read" };');
    if (parsed.type === 'failure') throw new Error('unparsed');
    expect(withoutArguments(parsed.json)).toEqual(parsed.json);
  });
});
