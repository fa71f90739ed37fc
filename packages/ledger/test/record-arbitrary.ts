import fc from 'fast-check';
import type { PublicPart } from '../src/index.ts';

const text: fc.Arbitrary<string> = fc.oneof(fc.string({ maxLength: 40 }), fc.string({ unit: 'binary', maxLength: 40 }));
const number: fc.Arbitrary<number> = fc.oneof(fc.nat(), fc.double({ noNaN: true, noDefaultInfinity: true }));

const decision = fc.record(
  { effect: fc.constantFrom('allow', 'deny'), inputs: text, policies: fc.array(text, { maxLength: 4 }), version: text },
  { requiredKeys: ['effect', 'policies', 'version'] },
);
const guard = fc.record({ guard: text, verdict: fc.constantFrom('pass', 'deny', 'revise', 'hold'), us: number });

/** Every record that the type allows: any text, any finite number, each optional field there or not. */
export const publicPart: fc.Arbitrary<PublicPart> = fc.record(
  {
    v: fc.constant(1 as const),
    kind: fc.constantFrom('intent', 'outcome', 'answer', 'refusal', 'authentication', 'administration', 'system'),
    tenant: text,
    id: text,
    time: number,
    via: fc.constantFrom('mcp', 'api', 'gateway'),
    principal: text,
    credential: text,
    method: text,
    revision: text,
    server: text,
    tool: text,
    pin: text,
    decision,
    snapshot: text,
    guards: fc.array(guard, { maxLength: 4 }),
    status: fc.constantFrom('ok', 'error', 'refused', 'unknown'),
    reason: text,
    argumentsDigest: text,
    resultDigest: text,
    resultBytes: number,
    durationUs: number,
    intent: number,
    parent: text,
    count: number,
    action: text,
    object: text,
    sealed: fc.record({ digest: text, bytes: number, key: text }),
  },
  { requiredKeys: ['v', 'kind', 'tenant', 'id', 'time', 'via'] },
);
