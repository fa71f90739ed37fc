import cedar from '@cedar-policy/cedar-wasm/nodejs';
import { expect, it, vi } from 'vitest';
import type { KeyId, PrincipalId, ServerId, TenantId } from '../base/ids.ts';
import type { Principal } from '../contracts/principal.ts';
import { denial, permission } from './ask-cedar.ts';
import { compilePolicies } from './compile-policies.ts';
import { joined } from './join-halves.ts';

const allow = (...ids: string[]) => permission('v', ids);
const deny = (...ids: string[]) => denial('v', ids, 'policy.denied');

it.each([
  ['forbids of both are named', deny('b'), deny('a'), deny('a', 'b')],
  ['a forbid outweighs a permit of the other', allow('a'), deny('b'), deny('b')],
  ['and the other way round', deny('a'), allow('b'), deny('a')],
  ['what only did not permit leaves it to the other', deny(), allow('b'), allow('b')],
  ['and the other way round', allow('a'), deny(), allow('a')],
  ['permits of both are named', allow('b'), allow('a'), allow('a', 'b')],
  ['where neither permits it is refused', deny(), deny(), deny()],
])('%s', (_name, one, other, both) => {
  expect(joined(one, other)).toEqual(both);
});

it('a scope that does not reach is the reason of a refusal, whatever else forbids', () => {
  expect(joined(deny('scope-tool'), deny('own'))).toMatchObject({ reason: 'policy.out_of_scope', policies: ['own', 'scope-tool'] });
  expect(joined(deny('own'), denial('v', ['scope-method'], 'policy.method_out_of_scope'))).toMatchObject({
    reason: 'policy.method_out_of_scope',
  });
});

const ann: Principal = {
  tenant: 'default' as TenantId,
  id: 'ann' as PrincipalId,
  name: 'ann',
  roles: ['writer'],
  scopes: [{ server: '*', tool: '*' }],
  credential: { kind: 'api_key', id: 'k' as KeyId, expiresAt: Number.MAX_SAFE_INTEGER, methods: null },
};
const inputSchema = { type: 'object', required: ['path', 'n'], properties: { path: { type: 'string' }, n: { type: 'integer' } } };
const tool = { kind: 'tool', server: 'one' as ServerId, name: 'a', qualifiedName: 'one__a', effect: 'read', state: 'approved' } as const;

function setWith(...texts: string[]) {
  const own = texts.map((text, index) => ({ id: `p-${index}`, text: `@id("p-${index}") ${text}`, place: { file: null, line: 1 } }));
  const set = compilePolicies({ tenant: 'default', own, grants: [], pins: [{ ...tool, definition: { inputSchema } }], servers: [] });
  if (!set.ok) throw new Error(set.detail);
  return set.value;
}

it('arguments that were never seen ask Cedar once, without what reads no arguments and without facts that nothing reads', () => {
  const set = setWith(
    'forbid (principal, action, resource is Tool) when { context.arguments.path like "*secret*" };',
    'forbid (principal, action, resource is Tool) when { resource.dataClass == "secret" };',
    'forbid (principal, action, resource is Tool) when { context.time.weekday == "never" };',
  );
  const judged = (path: string): unknown => {
    const answer = set.judge(ann, tool, { path, n: 1 });
    return answer.ok ? [answer.value.decision.effect, answer.value.decision.policies] : answer;
  };
  expect(judged('/first')).toEqual(['allow', ['role-writer']]);
  const asked = vi.spyOn(cedar, 'statefulIsAuthorized');
  try {
    expect(judged('/second')).toEqual(['allow', ['role-writer']]);
    expect(asked).toHaveBeenCalledTimes(1);
    const [{ context, entities }] = asked.mock.calls[0] as [cedar.StatefulAuthorizationCall];
    expect(context).toEqual({ arguments: { path: '/second' } });
    expect((entities as readonly cedar.EntityJson[]).map(({ attrs }) => attrs)).toEqual([{}, {}]);
    expect(judged('/secret')).toEqual(['deny', ['p-0']]);
  } finally {
    asked.mockRestore();
  }
});

it.each([
  ['what reads arguments', 'forbid (principal, action, resource is Tool) when { context.arguments.n + 9223372036854775807 == 3 };'],
  ['what reads none', 'forbid (principal, action, resource) when { 9223372036854775807 + 1 == 3 };'],
])('a policy that Cedar cannot evaluate is a fault: %s', (_which, broken) => {
  const set = setWith('permit (principal, action, resource is Tool) when { context.arguments.path == "x" };', broken);
  for (const path of ['x', 'y', 'x']) expect(set.judge(ann, tool, { path, n: 1 })).toMatchObject({ ok: false, reason: 'policy.fault' });
});
