import type { Clock } from '../../base/clock.ts';
import type { TenantId } from '../../base/ids.ts';
import { type Result, success } from '../../base/result.ts';
import type { StorageReason } from '../../contracts/reasons/storage.ts';
import { migrate, type Storage } from '../../storage/index.ts';
import { GATEWAY_MIGRATIONS } from '../migrations/index.ts';
import { openBudgetStore } from './budget-store.ts';
import { SharedBudgets } from './budgets.ts';

/** Connections of the budgets alone. */
const CONNECTIONS = 2;

export interface OpenBudgets {
  /** Null where no other gateway can share them. */
  readonly budgets: SharedBudgets | null;
  close(): Promise<void>;
}

export async function openBudgets(storage: Storage, clock: Clock, tenant: TenantId): Promise<Result<OpenBudgets, StorageReason>> {
  const { postgres } = storage;
  if (postgres === null) return success({ budgets: null, close: async () => undefined });
  const migrated = await migrate(storage, 'gateway', GATEWAY_MIGRATIONS);
  if (!migrated.ok) return migrated;
  // What a crash of the server takes of the last moments is what its callers cannot use meanwhile: no commit waits for the disk here.
  const database = postgres.apart('budgets', CONNECTIONS, { durable: false });
  const store = openBudgetStore(database, tenant);
  const now = await store.now();
  if (!now.ok) {
    await database.close();
    return now;
  }
  const budgets = new SharedBudgets(store, clock, now.value);
  return success({
    budgets,
    close: async () => {
      await budgets.close();
      await database.close();
    },
  });
}
