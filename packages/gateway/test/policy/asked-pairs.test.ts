import { expect, it } from 'vitest';
import { measureAsked } from './asked-pairs.ts';

it('answers a hidden prompt, template or resource like one that is not there, and asks no server about what the caller may not discover', async () => {
  const pairs = await measureAsked();
  expect(pairs.filter(({ answeredAlike }) => !answeredAlike)).toEqual([]);
  expect(pairs.flatMap(({ hidden }) => hidden)).toEqual([]);
  // A resource that nothing hides is looked for in its server's list, and never read (docs/decisions/resources-are-decided-by-uri.md).
  for (const { what, unknown } of pairs)
    expect([what, unknown.filter((one) => what !== 'resource that a hidden template makes' || !one.startsWith('resources/list '))]).toEqual(
      [what, []],
    );
}, 60_000);
