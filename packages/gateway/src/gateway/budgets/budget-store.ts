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

/** A window to put in place of the version that it was made from. */
export interface Put {
  readonly principal: string;
  readonly rate: Rate;
  readonly window: StoredWindow;
}

type Stored<T> = Promise<Result<T, StorageReason>>;

export interface BudgetStore {
  /** Milliseconds of the clock that windows are kept by, as far as this store knows it: the server's, or further where a window is. */
  now(): Stored<number>;
  /** Puts windows of different principals at once. @returns for each of them null, or what stands there instead. */
  put(puts: readonly Put[]): Stored<readonly (StoredWindow | null)[]>;
  /** Removes windows that were not touched since. */
  forget(before: number): Stored<number>;
}

interface Row {
  readonly principal: string;
  readonly rate: string;
  readonly state: string;
  readonly version: number;
}

/** A window that was kept for another rate begins anew, as it does in one gateway. */
const rateText = ({ base, burst }: Rate): string => `${base}+${burst}`;

const PUT = `insert into rate_window as kept (tenant, principal, rate, state, version, seen_at)
  select $1, r.principal, r.rate, r.state, r.version + 1, r.seen_at
  from unnest($2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[]) as r(principal, rate, state, version, seen_at)
  on conflict (tenant, principal, rate) do update set state = excluded.state, version = excluded.version, seen_at = excluded.seen_at
  where kept.version = excluded.version - 1 returning principal, rate`;
const READ = `select principal, rate, state, version from rate_window
  where tenant = $1 and (principal, rate) in (select * from unnest($2::text[], $3::text[]))`;

const nameOf = ({ principal, rate }: Pick<Row, 'principal' | 'rate'>): string => `${principal} ${rate}`;
const nameOfPut = ({ principal, rate }: Put): string => nameOf({ principal, rate: rateText(rate) });
const column = <T>(puts: readonly Put[], read: (put: Put) => T): readonly T[] => puts.map(read);

export function openBudgetStore(database: Connections, tenant: TenantId): BudgetStore {
  /** Whose row was as it was known, or was not there: one that was forgotten meanwhile is put anew. */
  const write = async (puts: readonly Put[]): Promise<ReadonlySet<string>> => {
    // Rows are taken in one order by every gateway, so that no two wait for each other.
    const sorted = puts.filter(({ window }) => window.version >= 0).sort((a, b) => (nameOfPut(a) < nameOfPut(b) ? -1 : 1));
    if (sorted.length === 0) return new Set();
    const values = [
      tenant,
      column(sorted, ({ principal }) => principal),
      column(sorted, ({ rate }) => rateText(rate)),
      column(sorted, ({ window }) => JSON.stringify(window.state)),
      column(sorted, ({ window }) => window.version),
      column(sorted, ({ window }) => Math.ceil(window.state.seenAt)),
    ];
    const { rows } = await database.query<Pick<Row, 'principal' | 'rate'>>({ name: 'rate-put', text: PUT, values });
    return new Set(rows.map(nameOf));
  };
  const read = async (puts: readonly Put[]): Promise<ReadonlyMap<string, StoredWindow>> => {
    if (puts.length === 0) return new Map();
    const values = [tenant, column(puts, ({ principal }) => principal), column(puts, ({ rate }) => rateText(rate))];
    const { rows } = await database.query<Row>({ name: 'rate-read', text: READ, values });
    return new Map(rows.map((row) => [nameOf(row), { state: JSON.parse(row.state) as WindowState, version: row.version }]));
  };
  return {
    now: () =>
      attempt(async () => {
        const text = `select greatest((extract(epoch from clock_timestamp()) * 1000)::bigint, (select max(seen_at) from rate_window)) as now`;
        const { rows } = await database.query<{ now: number }>({ text });
        return Number(rows[0]?.now ?? 0);
      }),
    put: (puts) =>
      attempt(async () => {
        const written = await write(puts);
        const others = puts.filter((put) => !written.has(nameOfPut(put)));
        const found = await read(others);
        const instead = (put: Put) => found.get(nameOfPut(put)) ?? { state: emptyWindow(put.rate, 0), version: 0 };
        return puts.map((put) => (written.has(nameOfPut(put)) ? null : instead(put)));
      }),
    forget: (before) =>
      attempt(async () => {
        const { changed } = await database.query({ text: 'delete from rate_window where seen_at < $1', values: [Math.floor(before)] });
        return changed;
      }),
  };
}
