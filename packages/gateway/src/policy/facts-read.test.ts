import cedar from '@cedar-policy/cedar-wasm/nodejs';
import { expect, it } from 'vitest';
import { FACTS, factsRead } from './facts-read.ts';
import { narrowSchema } from './narrow-schema.ts';
import { SHIPPED_POLICIES } from './role-policies.ts';
import { POLICY_SCHEMA } from './schema.ts';

const when = (body: string): string => `forbid (principal, action, resource) when { ${body} };`;

it.each([
  [['time'], 'context.time.weekday == "monday"'],
  [['time'], 'context has time'],
  [['time'], 'context has time.now'],
  [['name'], 'resource["name"] == "a"'],
  [['name'], 'resource // of it\n . name == "a"'],
  [['name'], '{"__proto__": resource.name} == {"__proto__": "b"}'],
  [['tenant'], 'Server::"a".tenant == "b"'],
  [['arguments', 'name'], 'context.arguments has name'],
  [['purpose', 'effect'], 'if principal.purpose == "a" then false else resource.effect == "read"'],
  [[], 'principal in Role::"reader" && resource in Server::"files"'],
  [[], 'Role::"first_name" == Role::"timer"'],
] as const)('reads %j: %s', (facts, body) => {
  expect(cedar.checkParsePolicySet({ staticPolicies: when(body) })).toEqual({ type: 'success' });
  expect([...factsRead([when(body)])].sort()).toEqual([...facts].sort());
});

it.each(['context["t\\u{69}me"].minuteOfDay < 600', 'resource.server like "a\\*"'])(
  'a text with escapes counts as one that reads everything: %s',
  (body) => {
    expect(cedar.checkParsePolicySet({ staticPolicies: when(body) })).toEqual({ type: 'success' });
    expect([...factsRead([when('true'), when(body)])]).toEqual([...FACTS]);
  },
);

it('a schema has what is read and nothing else, for every one fact and for what ships, and Cedar takes it', () => {
  for (const facts of [[], ...FACTS.map((fact) => [fact]), [...factsRead(Object.values(SHIPPED_POLICIES))], FACTS]) {
    const narrow = narrowSchema(POLICY_SCHEMA, new Set(facts));
    expect(FACTS.filter((fact) => narrow.has(fact))).toEqual(FACTS.filter((fact) => facts.some((one) => one === fact)));
    for (const type of [null, '{"name": String, "time"?: {"server": Bool}}'])
      expect(cedar.checkParseSchema(narrow.text(type))).toEqual({ type: 'success' });
  }
  expect(narrowSchema(POLICY_SCHEMA, new Set(FACTS)).text(null)).toBe(POLICY_SCHEMA);
});

it('arguments keep their members, whatever those are called', () => {
  const narrow = narrowSchema(POLICY_SCHEMA, new Set(['arguments']));
  expect(narrow.text('{"name": String, "tenant"?: Bool}')).toContain('"arguments": {"name": String, "tenant"?: Bool}');
  expect(narrow.text(null)).toContain('"arguments": {}');
});

it('what an older schema says otherwise is left in it, and has to be stated', () => {
  const older = 'entity Tool = { "name": __cedar::String, "effect": String }; action "call" appliesTo { principal: Tool, resource: Tool };';
  const narrow = narrowSchema(older, new Set());
  expect(FACTS.filter((fact) => narrow.has(fact))).toEqual(['name']);
  expect(cedar.checkParseSchema(narrow.text(null))).toEqual({ type: 'success' });
});
