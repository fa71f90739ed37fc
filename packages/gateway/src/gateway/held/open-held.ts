import type { Clock } from '../../base/clock.ts';
import { type Result, success } from '../../base/result.ts';
import type { StorageReason } from '../../contracts/reasons/storage.ts';
import { migrate, type Storage } from '../../storage/index.ts';
import { GATEWAY_MIGRATIONS } from '../migrations/index.ts';
import { type HoldStore, openHoldStore } from './hold-store.ts';
import { openTaskStore, type TaskStore } from './task-store.ts';

/** What outlives an exchange, for whichever gateway on the database is asked next. */
export interface Held {
  readonly holds: HoldStore;
  readonly tasks: TaskStore;
  close(): void;
}

const SWEEP_MS = 60_000;

export async function openHeld(storage: Storage, clock: Clock): Promise<Result<Held, StorageReason>> {
  const migrated = await migrate(storage, 'gateway', GATEWAY_MIGRATIONS);
  if (!migrated.ok) return migrated;
  const [holds, tasks] = [openHoldStore(storage), openTaskStore(storage)];
  // What is over opens nothing any more whether it stands there or not: a sweep that fails is made up for by the next.
  const sweep = setInterval(() => {
    void holds.forget(clock.now());
    void tasks.forget(clock.now());
  }, SWEEP_MS).unref();
  return success({ holds, tasks, close: () => clearInterval(sweep) });
}
