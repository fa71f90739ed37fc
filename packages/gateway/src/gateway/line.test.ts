import { describe, expect, it } from 'vitest';
import { systemClock } from '../base/clock.ts';
import type { Facts, Received } from './exchange.ts';
import type { Guard } from './guard.ts';
import { lineOf } from './line.ts';

const passing = <N extends keyof Facts, A extends keyof Facts>(needs: readonly N[], adds: A, seen: string[] = []): Guard<N, A> => ({
  name: `adds-${adds}`,
  needs,
  adds,
  check: () => {
    seen.push(adds);
    return { verdict: 'pass', fact: adds as never };
  },
});

const received = (): Received => ({ id: '01', trace: [] }) as never;

const address = passing([], 'addressBudget');
const door = passing(['addressBudget'], 'endpoint');
const principal = passing(['endpoint'], 'principal');
const frame = passing(['endpoint', 'principal'], 'frame');
const budget = passing(['principal', 'frame'], 'budget');
const target = passing(['principal', 'frame'], 'target');
const decision = passing(['principal', 'target'], 'decision');
const place = passing(['principal', 'target'], 'place');

describe('the line', () => {
  it('runs its guards in the order of the table and hands on every fact', async () => {
    const seen: string[] = [];
    const rows = [
      passing([], 'addressBudget', seen),
      passing(['addressBudget'], 'endpoint', seen),
      passing(['endpoint'], 'principal', seen),
    ] as const;
    const line = lineOf([...rows, frame, budget, target, decision, place], systemClock);
    const outcome = await line(received());
    expect(outcome.passed).toBe(true);
    expect(seen).toEqual(['addressBudget', 'endpoint', 'principal']);
    expect(outcome.exchange.trace.map((row) => row.guard)).toHaveLength(8);
  });

  it('stops at the first denial, and no later guard runs', async () => {
    const seen: string[] = [];
    const refusing: Guard<'endpoint', 'principal'> = {
      name: 'authenticate',
      needs: ['endpoint'],
      adds: 'principal',
      check: () => ({ verdict: 'deny', reason: 'identity.credential_missing' }),
    };
    const outcome = await lineOf(
      [address, door, refusing, passing(['endpoint', 'principal'], 'frame', seen), budget, target, decision, place],
      systemClock,
    )(received());
    expect(outcome).toMatchObject({ passed: false, guard: 'authenticate', denied: { reason: 'identity.credential_missing' } });
    expect(seen).toEqual([]);
    expect('principal' in outcome.exchange).toBe(false);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('a bug');
      },
    ],
    ['rejects', () => Promise.reject(new Error('a bug'))],
  ])('turns a guard that %s into a denial', async (_how, check) => {
    const broken = { name: 'authorize', needs: ['principal', 'target'], adds: 'decision', check } as Guard<
      'principal' | 'target',
      'decision'
    >;
    const outcome = await lineOf([address, door, principal, frame, budget, target, broken, place], systemClock)(received());
    expect(outcome).toMatchObject({ passed: false, guard: 'authorize', denied: { reason: 'gateway.fault' } });
  });

  it('does not compile without a guard, or with one that stands too early', () => {
    // @ts-expect-error authorize is missing, so the decision is not proved
    expect(lineOf([address, door, principal, frame, budget, target, place], systemClock)).toBeTypeOf('function');
    // @ts-expect-error frame needs the principal, which comes after it
    expect(lineOf([address, door, frame, principal, budget, target, decision, place], systemClock)).toBeTypeOf('function');
  });
});
