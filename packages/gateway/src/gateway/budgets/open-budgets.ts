import type { Clock } from '../../base/clock.ts';
import type { TenantId } from '../../base/ids.ts';
import { failure, type Result, success } from '../../base/result.ts';
import type { StorageReason } from '../../contracts/reasons/storage.ts';
import { migrate, type Storage } from '../../storage/index.ts';
import { GATEWAY_MIGRATIONS } from '../migrations/index.ts';
import { openShareStore } from '../shares/share-store.ts';
import { Shares } from '../shares/shares.ts';
import { openBudgetStore } from './budget-store.ts';
import { SharedBudgets } from './budgets.ts';
import { SharedClock } from './shared-clock.ts';

/** Connections of budgets and shares alone. */
const CONNECTIONS = 2;

export interface OpenBudgets {
  /** Null where no other gateway can share them. */
  readonly budgets: SharedBudgets | null;
  readonly shares: Shares | null;
  close(): Promise<void>;
}

/** Whose budgets, and what this gateway is called: a name that no other process has. */
export interface Sharing {
  readonly tenant: TenantId;
  readonly name: string;
}

export async function openBudgets(storage: Storage, clock: Clock, { tenant, name }: Sharing): Promise<Result<OpenBudgets, StorageReason>> {
  const { postgres } = storage;
  if (postgres === null) return success({ budgets: null, shares: null, close: async () => undefined });
  const migrated = await migrate(storage, 'gateway', GATEWAY_MIGRATIONS);
  if (!migrated.ok) return migrated;
  // What a crash of the server takes of the last moments is what its callers cannot use meanwhile: no commit waits for the disk here.
  const database = postgres.apart('budgets', CONNECTIONS, { durable: false });
  const [store, places] = [openBudgetStore(database, tenant), openShareStore(database)];
  const [now, placesNow] = [await store.now(), await places.now()];
  if (!now.ok || !placesNow.ok) {
    await database.close();
    const [lost] = [now, placesNow].filter((one) => !one.ok);
    return lost ?? failure('storage.unavailable');
  }
  const budgets = new SharedBudgets(store, new SharedClock(clock, now.value));
  const shares = new Shares(places, new SharedClock(clock, placesNow.value), name);
  return success({
    budgets,
    shares,
    close: async () => {
      await shares.close();
      await budgets.close();
      await database.close();
    },
  });
}
