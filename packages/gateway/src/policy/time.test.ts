import { expect, it } from 'vitest';
import type { KeyId, PrincipalId, ServerId, TenantId } from '../base/ids.ts';
import type { Principal } from '../contracts/principal.ts';
import { compilePolicies } from './compile-policies.ts';
import { minuteOf, timeFacts } from './time.ts';

const ann: Principal = {
  tenant: 'default' as TenantId,
  id: 'ann' as PrincipalId,
  name: 'ann',
  roles: ['reader'],
  scopes: [{ server: '*', tool: '*' }],
  credential: { kind: 'api_key', id: 'k' as KeyId, expiresAt: Number.MAX_SAFE_INTEGER, methods: null },
};
const tool = { kind: 'tool', server: 'one' as ServerId, name: 'a', qualifiedName: 'one__a', effect: 'read', state: 'approved' } as const;

function setWith(text: string) {
  let now = 0;
  const own = [{ id: 'own', text: `@id("own") ${text}`, place: { file: null, line: 1 } }];
  const set = compilePolicies({ tenant: 'default', own, grants: [], pins: [tool], servers: [], now: () => now });
  if (!set.ok) throw new Error(set.detail);
  const decided = (at: string, action: 'call' | 'discover' = 'call'): string => {
    now = Date.parse(at);
    const answer = set.value.decide(ann, action, tool);
    return answer.ok ? answer.value.effect : answer.reason;
  };
  return { set: set.value, decided };
}

it.each([
  ['2026-03-02T09:30:59.999Z', '2026-03-02T09:30Z', 'monday', 570],
  ['2026-03-01T00:00:00Z', '2026-03-01T00:00Z', 'sunday', 0],
  ['2024-02-29T23:59:00Z', '2024-02-29T23:59Z', 'thursday', 1439],
  ['2026-03-29T01:30:00+02:00', '2026-03-28T23:30Z', 'saturday', 1410],
])('%s is within %s, a %s, minute %i', (text, minute, weekday, minuteOfDay) => {
  expect(minuteOf(Date.parse(text))).toBe(minute);
  expect(timeFacts(minute)).toMatchObject({ weekday, minuteOfDay });
});

it('a decision holds to the last moment of its minute and no longer, there and back, for calls and discovery alike', () => {
  const { decided } = setWith('forbid (principal, action, resource) when { context.time.minuteOfDay >= 600 };');
  for (const action of ['call', 'discover'] as const) {
    expect(decided('2026-03-02T09:59:59.999Z', action)).toBe('allow');
    expect(decided('2026-03-02T10:00:00Z', action)).toBe('deny');
    expect(decided('2026-03-02T09:59:00Z', action)).toBe('allow');
    expect(decided('2026-03-03T09:00:00Z', action)).toBe('allow');
  }
});

it('a decision says for which minute it is where a policy reads the time, and nothing of it where none does', () => {
  const timed = setWith('forbid (principal, action, resource) when { context.time.weekday == "sunday" };');
  timed.decided('2026-03-02T10:00:30Z');
  expect(timed.set.minute()).toBe('2026-03-02T10:00Z');
  expect(timed.set.decide(ann, 'call', tool)).toMatchObject({ value: { time: '2026-03-02T10:00Z' } });
  expect(timed.set.inputsOf(ann, 'call', tool, '2026-03-02T10:00Z').time).toBe('2026-03-02T10:00Z');
  const plain = setWith('forbid (principal, action, resource) when { resource.name == "b" };');
  plain.decided('2026-03-02T10:00:30Z');
  expect(plain.set.minute()).toBeNull();
  expect(JSON.stringify([plain.set.decide(ann, 'call', tool), plain.set.inputsOf(ann, 'call', tool)])).not.toContain('"time"');
});

it.each([
  'context.time.hour == 3',
  'context.time.weekday == 1',
  'context.time == "monday"',
  'context has time && context.clock == 3',
  'principal.purpse == "a"',
  'resource.dataclass == "a"',
])('a policy that reads what there is not is refused: %s', (condition) => {
  const own = [
    { id: 'own', text: `@id("own") permit (principal, action, resource) when { ${condition} };`, place: { file: null, line: 1 } },
  ];
  expect(compilePolicies({ tenant: 'default', own, grants: [], pins: [tool], servers: [] })).toMatchObject({
    ok: false,
    reason: 'policy.invalid',
  });
});

it('a time that is none refuses', () => {
  const { decided } = setWith('forbid (principal, action, resource) when { context.time.weekday == "sunday" };');
  expect(decided('no time')).toBe('policy.fault');
});
