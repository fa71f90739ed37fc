import type { TenantId } from '../../base/ids.ts';
import type { Result } from '../../base/result.ts';
import type { StorageReason } from '../../contracts/reasons/storage.ts';
import { attempt, type Connections } from '../../storage/index.ts';
import type { Rate } from '../budget.ts';
import { emptyWindow, type WindowState } from './window-state.ts';

export interface StoredWindow {
  readonly state: WindowState;
  /** 0: there is none yet; -1: not known. */
  readonly version: number;
}

type Stored<T> = Promise<Result<T, StorageReason>>;

export interface BudgetStore {
  /** Milliseconds of the clock that windows are kept by, as far as this store knows it: the server's, or further where a window is. */
  now(): Stored<number>;
  /** Puts a window in place of the version that it was made from. @returns null, or what stands there instead */
  put(principal: string, rate: Rate, window: StoredWindow): Stored<StoredWindow | null>;
  /** Removes windows that were not touched since. */
  forget(before: number): Stored<number>;
}

interface Row {
  readonly state: string;
  readonly version: number;
}

/** A window that was kept for another rate begins anew, as it does in one gateway. */
const rateText = ({ base, burst }: Rate): string => `${base}+${burst}`;

const PUT = `insert into rate_window (tenant, principal, rate, state, version, seen_at) values ($1, $2, $3, $4, 1, $6)
  on conflict (tenant, principal, rate) do update set state = excluded.state, version = rate_window.version + 1, seen_at = excluded.seen_at
  where rate_window.version = $5::bigint returning version`;

export function openBudgetStore(database: Connections, tenant: TenantId): BudgetStore {
  const read = async (principal: string, rate: Rate): Promise<StoredWindow> => {
    const text = 'select state, version from rate_window where tenant = $1 and principal = $2 and rate = $3';
    const { rows } = await database.query<Row>({ name: 'rate-read', text, values: [tenant, principal, rateText(rate)] });
    const [row] = rows;
    return row === undefined
      ? { state: emptyWindow(rate, 0), version: 0 }
      : { state: JSON.parse(row.state) as WindowState, version: row.version };
  };
  return {
    now: () =>
      attempt(async () => {
        const text = `select greatest((extract(epoch from clock_timestamp()) * 1000)::bigint, (select max(seen_at) from rate_window)) as now`;
        const { rows } = await database.query<{ now: number }>({ text });
        return Number(rows[0]?.now ?? 0);
      }),
    put: (principal, rate, { state, version }) =>
      attempt(async () => {
        if (version < 0) return read(principal, rate);
        const values = [tenant, principal, rateText(rate), JSON.stringify(state), version, Math.ceil(state.seenAt)];
        const { rows } = await database.query<{ version: number }>({ name: 'rate-put', text: PUT, values });
        const [row] = rows;
        // An insert where a version was known: the row was forgotten meanwhile, and what was put is as good.
        return row === undefined ? read(principal, rate) : null;
      }),
    forget: (before) =>
      attempt(async () => {
        const { changed } = await database.query({ text: 'delete from rate_window where seen_at < $1', values: [Math.floor(before)] });
        return changed;
      }),
  };
}
