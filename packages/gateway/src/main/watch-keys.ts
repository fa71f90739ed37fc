import type { Logger } from '../base/log.ts';
import { type Result, success } from '../base/result.ts';
import type { Reason } from '../contracts/reasons/index.ts';
import type { KeyNotice } from '../contracts/running.ts';
import type { KeyAge } from '../identity/index.ts';
import { recordFor } from './record-system.ts';
import { type Rooms, TENANT } from './rooms.ts';

/** It looks by the wall clock: a timer of an hour would sleep with a laptop. */
const TICK_MS = 1000;
const LOOK_EVERY_MS = 3_600_000;

export interface KeyWatch {
  /** Lets a look that is under way end, and begins none. */
  close(): Promise<void>;
}

/** Warns of keys that end in 7, 3 and 1 days, each once, in the journal and in the log (R2-008). */
export function watchKeys(rooms: Rooms, log: Logger): KeyWatch {
  let lookedAt = Number.NEGATIVE_INFINITY;
  let looking: Promise<void> | null = null;
  const tick = (): void => {
    const now = rooms.clock.now();
    // Also when the clock was set back: keys end by it.
    if (looking !== null || (now >= lookedAt && now - lookedAt < LOOK_EVERY_MS)) return;
    lookedAt = now;
    looking = warn(rooms, log).finally(() => {
      looking = null;
    });
  };
  tick();
  const timer = setInterval(tick, TICK_MS).unref();
  return {
    async close() {
      clearInterval(timer);
      await looking;
    },
  };
}

async function warn(rooms: Rooms, log: Logger): Promise<void> {
  const tell = async ({ key, warning }: KeyAge): Promise<boolean> => {
    const details = { name: key.name, days: warning, endsAt: key.endsAt };
    const recorded = await recordFor(key.tenant, rooms, 'identity.key.expiring', key.id, details);
    log.warn('identity.key.expiring', { key: key.id, ...details, todo: `sallyport keys rotate ${key.id}` });
    return recorded.ok;
  };
  try {
    for (const tenant of rooms.snapshots.tenants()) {
      const taken = await rooms.identity.takeWarnings(tenant, tell);
      if (!taken.ok) log.error('identity.key.warnings_failed', { reason: taken.reason });
    }
  } catch (fault) {
    log.error('identity.key.warnings_failed', { fault: String(fault) });
  }
}

/** What the screen at the start says about keys. */
export async function keyNotices({ identity }: Rooms): Promise<Result<readonly KeyNotice[], Reason>> {
  const ages = await identity.reportAges(TENANT);
  if (!ages.ok) return ages;
  const due = ages.value.filter(({ key, warning }) => key.state === 'live' && (warning !== null || key.disclosedAt !== null));
  return success(due.map(({ key }) => ({ id: key.id, name: key.name, endsAt: key.endsAt, disclosed: key.disclosedAt !== null })));
}
