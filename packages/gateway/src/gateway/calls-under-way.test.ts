import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_TENANT, type PrincipalId, type TenantId } from '../base/ids.ts';
import type { CallLimit } from '../contracts/registration.ts';
import { type Bound, type CallPlace, CallsUnderWay } from './calls-under-way.ts';

const NONE: CallLimit = { callsPerMinute: null, inFlight: null, inFlightPerPrincipal: null };
const who = (name: string) => ({ tenant: DEFAULT_TENANT, principal: name as PrincipalId });
const server = (limit: Partial<CallLimit> | null): Bound => ({ of: 'server', key: 'files', limit: limit && { ...NONE, ...limit } });
const tool = (name: string, limit: Partial<CallLimit> | null): Bound => ({
  of: 'tool',
  key: `files__${name}`,
  limit: limit && { ...NONE, ...limit },
});
const taken = (place: ReturnType<CallsUnderWay['take']>): CallPlace => {
  if (place instanceof Promise) throw new Error('no other gateway is asked');
  if ('bound' in place) throw new Error(`full: ${place.bound.key}`);
  return place;
};

describe('requests under way', () => {
  it('are refused beyond what the server takes at once, and taken again when one is over', () => {
    const counts = new CallsUnderWay();
    const bounds = [server({ inFlight: 2 })];
    const first = taken(counts.take(who('ann'), bounds));
    taken(counts.take(who('bob'), bounds));
    expect(counts.take(who('eve'), bounds)).toMatchObject({ bound: { key: 'files' }, most: 2, own: false });
    first.release();
    first.release();
    taken(counts.take(who('eve'), bounds));
    expect(counts.take(who('ann'), bounds)).toMatchObject({ most: 2 });
  });

  it('of one principal leave room for others', () => {
    const counts = new CallsUnderWay();
    const bounds = [tool('read', { inFlightPerPrincipal: 1 }), server(null)];
    taken(counts.take(who('ann'), bounds));
    expect(counts.take(who('ann'), bounds)).toMatchObject({ bound: { key: 'files__read' }, most: 1, own: true });
    taken(counts.take(who('bob'), bounds));
    taken(counts.take(who('ann'), [tool('write', null), server(null)]));
  });

  it('are counted before anything is bounded, so that a limit holds from the moment it is set', () => {
    const counts = new CallsUnderWay();
    taken(counts.take(who('ann'), [server(null)]));
    expect(counts.take(who('bob'), [server({ inFlight: 1 })])).toMatchObject({ most: 1 });
  });

  it('that are refused by the server take no place of the tool', () => {
    const counts = new CallsUnderWay();
    taken(counts.take(who('ann'), [server({ inFlight: 1 })]));
    expect(counts.take(who('bob'), [tool('read', { inFlight: 1 }), server({ inFlight: 1 })])).toMatchObject({ bound: { of: 'server' } });
    expect(counts.count(DEFAULT_TENANT, 'files__read')).toBe(0);
  });

  it('of one tenant take no place of another with a server of the same name', () => {
    const counts = new CallsUnderWay();
    taken(counts.take(who('ann'), [server({ inFlight: 1 })]));
    taken(counts.take({ tenant: 'other' as TenantId, principal: 'zoe' as PrincipalId }, [server({ inFlight: 1 })]));
  });

  it('go on with a task: the exchange ends nothing any more, and the task ends them once', () => {
    const counts = new CallsUnderWay();
    const place = taken(counts.take(who('ann'), [server({ inFlight: 1 })]));
    const end = place.handOver();
    place.release();
    expect(counts.count(DEFAULT_TENANT, 'files')).toBe(1);
    end();
    end();
    place.release();
    expect([counts.count(DEFAULT_TENANT, 'files'), counts.size]).toEqual([0, 0]);
  });

  it('never exceed their bounds, whatever begins, ends or goes on in whatever order, and nothing stays behind', () => {
    const step = fc.record({
      kind: fc.constantFrom('take', 'take', 'take', 'release', 'hand over', 'end', 'release again'),
      who: fc.integer({ min: 0, max: 3 }),
      of: fc.constantFrom('read', 'write', 'prompt'),
      at: fc.nat(),
    });
    const most = fc.option(fc.integer({ min: 1, max: 5 }), { nil: null });
    const limit = fc.record({ callsPerMinute: fc.constant(null), inFlight: most, inFlightPerPrincipal: most });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), limit, limit, (steps, ofServer, ofRead) => {
        const counts = new CallsUnderWay();
        // The model: who holds what, kept apart from the counts.
        const held: { place: CallPlace; end: (() => void) | null; over: boolean; who: number; of: string }[] = [];
        for (const { kind, who: one, of, at } of steps) {
          const some = held[at % Math.max(1, held.length)];
          if (kind === 'take') {
            const bounds = of === 'prompt' ? [server(ofServer)] : [tool(of, of === 'read' ? ofRead : null), server(ofServer)];
            const place = counts.take(who(`p${one}`), bounds);
            const under = held.filter((two) => !two.over);
            const full =
              isFull(under, one, ofServer) ||
              (of === 'read' &&
                isFull(
                  under.filter((two) => two.of === 'read'),
                  one,
                  ofRead,
                ));
            expect('bound' in place).toBe(full);
            if (!('bound' in place)) held.push({ place: taken(place), end: null, over: false, who: one, of });
          } else if (some !== undefined && kind === 'hand over') some.end ??= some.place.handOver();
          else if (some?.end != null && kind === 'end') {
            some.end();
            some.over = true;
          } else if (some !== undefined && kind !== 'end') {
            some.place.release();
            if (some.end === null) some.over = true;
          }
          expect(counts.count(DEFAULT_TENANT, 'files')).toBe(held.filter((two) => !two.over).length);
        }
        for (const two of held) (two.end ?? two.place.release)();
        expect(counts.size).toBe(0);
      }),
      { numRuns: 500 },
    );
  });
});

const isFull = (under: readonly { readonly who: number }[], one: number, { inFlight, inFlightPerPrincipal }: CallLimit): boolean =>
  (inFlight !== null && under.length >= inFlight) ||
  (inFlightPerPrincipal !== null && under.filter(({ who }) => who === one).length >= inFlightPerPrincipal);
