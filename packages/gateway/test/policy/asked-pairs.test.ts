import { expect, it } from 'vitest';
import { measureAsked } from './asked-pairs.ts';

// A second after its list was read, at the same moment again, half a minute after, and again.
const LOOKED_UP = ['resources/list 1', '', 'resources/list 1', ''];
const NOTHING = ['', '', '', ''];

it('asks servers the same about what is hidden as about what is not there, answers it alike, and records it once', async () => {
  const pairs = await measureAsked();
  expect(pairs.filter(({ answeredAlike, recordedAlike }) => !answeredAlike || !recordedAlike)).toEqual([]);
  const asked = Object.fromEntries(pairs.map(({ what, hidden, unknown }) => [what, [hidden, unknown]]));
  expect(asked).toEqual({
    prompt: [NOTHING, NOTHING],
    template: [NOTHING, NOTHING],
    'resource of a server that shows none': [NOTHING, NOTHING],
    'resource of a server that is hidden or not there': [NOTHING, NOTHING],
    'resource that a hidden template makes': [LOOKED_UP, LOOKED_UP],
    'resource that a policy hides, there': [LOOKED_UP, LOOKED_UP],
    'resource that a policy hides, not there': [LOOKED_UP, LOOKED_UP],
  });
  expect(pairs.slice(4).map(({ reasons }) => reasons)).toEqual(Array(3).fill(['gateway.hidden_resource', 'gateway.unknown_resource']));
}, 60_000);
