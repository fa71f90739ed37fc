import type { Clock } from '../../base/clock.ts';
import type { ServerId } from '../../base/ids.ts';
import { Recent } from '../../base/recent.ts';
import type { Result } from '../../base/result.ts';
import type { StorageReason } from '../../contracts/reasons/storage.ts';
import type { CallLimit, Registration } from '../../contracts/registration.ts';
import type { Snapshot } from '../../contracts/snapshot.ts';
import type { Target } from '../../contracts/target.ts';
import type { Deny, GuardVerdict } from '../../contracts/verdict.ts';
import { type Budgets, type Charge, type Rate, Window } from '../budget.ts';
import type { Bound, CallPlace, CallsUnderWay, Full } from '../calls-under-way.ts';
import type { Place, PlaceCharge } from '../exchange.ts';
import { denied, type Guard } from '../guard.ts';

/** Windows of principals at limited servers and tools. The one that was used longest ago makes room. */
const CAPACITY = 100_000;

const FREE: Place = { charges: [], release: () => undefined, handOver: () => () => undefined };
const PASS: GuardVerdict<Place> = { verdict: 'pass', fact: FREE };

interface Kept {
  readonly base: number;
  readonly window: Window;
}

type Charged = Charge | Promise<Result<Charge, StorageReason>>;

/**
 * What a server or a tool is asked at most (issue of limits per tool and on concurrency): requests of a principal a minute, and requests under way at once.
 * Like the budget of a principal, a unit is spent also by what a screen refuses later. What is asked about a task spends nothing: the call that began it
 * did, and keeps its place until the task is over.
 */
export function limitCalls(
  clock: Clock,
  shared: Budgets | null,
  underWay: CallsUnderWay,
): Guard<'principal' | 'frame' | 'target', 'place'> {
  const windows = new Recent<Kept>(CAPACITY);
  const charge = (key: string, rate: Rate): Charged => {
    if (shared !== null) return shared.take(key, rate);
    const now = clock.monotonic();
    const known = windows.get(key);
    if (known !== undefined && known.base === rate.base) return known.window.take(now);
    const window = new Window(rate, now);
    windows.set(key, { base: rate.base, window });
    return window.take(now);
  };
  return {
    name: 'limit-calls',
    needs: ['principal', 'frame', 'target'],
    adds: 'place',
    check({ principal, frame, target, snapshot }) {
      if (target === null || frame.plan.class === 'task') return PASS;
      const bounds = boundsOf(snapshot.servers.get(target.server), target);
      const settle = (place: CallPlace | Full): GuardVerdict<Place> | Promise<GuardVerdict<Place>> => {
        if ('bound' in place) return tooMany(place);
        if (!bounds.some(({ limit }) => (limit?.callsPerMinute ?? null) !== null))
          return { verdict: 'pass', fact: { charges: [], ...place } };
        return chargeAll(place, bounds, (bound, rate) => charge(`${principal.id} ${bound.key}`, rate));
      };
      const taken = underWay.take({ tenant: snapshot.tenant, principal: principal.id }, bounds);
      // Where the places cannot be asked for, nothing begins.
      return taken instanceof Promise ? taken.then((asked) => (asked.ok ? settle(asked.value) : denied(asked))) : settle(taken);
    },
  };
}

/** The tool's first: what it refuses spends nothing of the server's. */
function boundsOf(server: Registration | undefined, { kind, name, qualifiedName, server: id }: Target): readonly Bound[] {
  const limits = server?.limits ?? null;
  const whole: Bound = { of: 'server', key: id, limit: limits };
  if (kind !== 'tool') return [whole];
  const own = limits !== null && Object.hasOwn(limits.tools, name) ? (limits.tools[name] ?? null) : null;
  return [{ of: 'tool', key: qualifiedName, limit: own }, whole];
}

/** What is bounded of a server, by its id, or of a tool, by its qualified name. */
export function limitOf({ servers }: Snapshot, key: string): CallLimit | null {
  const [server = '', ...tool] = key.split('__');
  const limits = servers.get(server as ServerId)?.limits ?? null;
  const name = tool.join('__');
  return tool.length === 0 || limits === null ? limits : Object.hasOwn(limits.tools, name) ? (limits.tools[name] ?? null) : null;
}

type Take = (bound: Bound, rate: Rate) => Charged;

function chargeAll(place: CallPlace, bounds: readonly Bound[], take: Take): GuardVerdict<Place> | Promise<GuardVerdict<Place>> {
  const charges: PlaceCharge[] = [];
  const from = (start: number): GuardVerdict<Place> | Promise<GuardVerdict<Place>> => {
    for (let i = start; i < bounds.length; i++) {
      const bound = bounds[i];
      const most = bound?.limit?.callsPerMinute ?? null;
      if (bound === undefined || most === null) continue;
      const taken = take(bound, { base: most, burst: 0 });
      if (taken instanceof Promise)
        return taken.then((asked) => {
          if (!asked.ok) return refused(place, denied(asked));
          return settle(bound, most, asked.value) ?? from(i + 1);
        });
      const over = settle(bound, most, taken);
      if (over !== null) return over;
    }
    return { verdict: 'pass', fact: { charges, ...place } };
  };
  const settle = (bound: Bound, most: number, charge: Charge): Deny | null => {
    charges.push({ of: bound.of, most, charge });
    return charge.allowed ? null : refused(place, tooFast(bound, most, charge));
  };
  try {
    const verdict = from(0);
    return verdict instanceof Promise ? verdict.catch((fault: unknown) => endWith(place, fault)) : verdict;
  } catch (fault) {
    return endWith(place, fault);
  }
}

function refused(place: CallPlace, denial: Deny): Deny {
  place.release();
  return denial;
}

// The line answers what throws; the place must not stay behind.
function endWith(place: CallPlace, fault: unknown): never {
  place.release();
  throw fault;
}

const tooFast = ({ of, key }: Bound, most: number, { resetSeconds }: Charge): Deny => ({
  verdict: 'deny',
  reason: 'gateway.calls_rate_limited',
  detail: `${of} ${key}: ${most} a minute`,
  shown: `This ${of} takes ${most} a minute from one principal: try again in ${resetSeconds} s.`,
  retryAfterSeconds: resetSeconds,
});

const tooMany = ({ bound: { of, key }, most, own }: Full): Deny => ({
  verdict: 'deny',
  reason: 'gateway.too_many_calls',
  detail: `${of} ${key}: ${most} at once${own ? ' of one principal' : ''}`,
  shown: own
    ? `This ${of} takes ${most} at once from one principal: wait until one is answered.`
    : `This ${of} takes ${most} at once from all: try again in a moment.`,
  retryAfterSeconds: 1,
});
