import type { TenantId } from '../../base/ids.ts';
import type { Result } from '../../base/result.ts';
import type { StorageReason } from '../../contracts/reasons/storage.ts';
import { attempt, type Connections } from '../../storage/index.ts';
import type { ShareState } from './share-state.ts';

/** Whose places they are: a server's or a tool's, of one principal or of all (`''`). */
export interface ShareOf {
  readonly tenant: TenantId;
  readonly key: string;
  readonly who: string;
}

export interface StoredShares {
  readonly state: ShareState;
  /** 0: there are none yet; -1: not known. */
  readonly version: number;
}

/** Shares to put in place of the version that they were made from. */
export interface PutShares {
  readonly of: ShareOf;
  readonly stored: StoredShares;
}

type Stored<T> = Promise<Result<T, StorageReason>>;

export interface ShareStore {
  /** Milliseconds of the clock that shares are kept by. */
  now(): Stored<number>;
  /** Puts shares of different places at once. @returns for each of them null, or what stands there instead. */
  put(puts: readonly PutShares[]): Stored<readonly (StoredShares | null)[]>;
  forget(before: number): Stored<number>;
}

interface Row extends ShareOf {
  readonly state: string;
  readonly version: number;
}

const PUT = `insert into gateway_share as kept (tenant, key, who, state, version, seen_at)
  select r.tenant, r.key, r.who, r.state, r.version + 1, r.seen_at
  from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[]) as r(tenant, key, who, state, version, seen_at)
  on conflict (tenant, key, who) do update set state = excluded.state, version = excluded.version, seen_at = excluded.seen_at
  where kept.version = excluded.version - 1 returning tenant, key, who`;
const READ = `select tenant, key, who, state, version from gateway_share
  where (tenant, key, who) in (select * from unnest($1::text[], $2::text[], $3::text[]))`;
const NOW = `select greatest((extract(epoch from clock_timestamp()) * 1000)::bigint, (select max(seen_at) from gateway_share)) as now`;

export const nameOf = ({ tenant, key, who }: ShareOf): string => JSON.stringify([tenant, key, who]);
const NOBODY: StoredShares = { state: { shares: [], seenAt: 0 }, version: 0 };

export function openShareStore(database: Connections): ShareStore {
  const names = (puts: readonly PutShares[]) => [
    puts.map(({ of }) => of.tenant),
    puts.map(({ of }) => of.key),
    puts.map(({ of }) => of.who),
  ];
  const write = async (puts: readonly PutShares[]): Promise<ReadonlySet<string>> => {
    // Rows are taken in one order by every gateway, so that no two wait for each other.
    const sorted = puts.filter(({ stored }) => stored.version >= 0).sort((a, b) => (nameOf(a.of) < nameOf(b.of) ? -1 : 1));
    if (sorted.length === 0) return new Set();
    const [states, versions, seen] = [
      sorted.map(({ stored }) => JSON.stringify(stored.state)),
      sorted.map(({ stored }) => stored.version),
      sorted.map(({ stored }) => Math.ceil(stored.state.seenAt)),
    ];
    const { rows } = await database.query<ShareOf>({ name: 'share-put', text: PUT, values: [...names(sorted), states, versions, seen] });
    return new Set(rows.map(nameOf));
  };
  const read = async (puts: readonly PutShares[]): Promise<ReadonlyMap<string, StoredShares>> => {
    if (puts.length === 0) return new Map();
    const { rows } = await database.query<Row>({ name: 'share-read', text: READ, values: names(puts) });
    return new Map(rows.map((row) => [nameOf(row), { state: JSON.parse(row.state) as ShareState, version: row.version }]));
  };
  return {
    now: () =>
      attempt(async () => {
        const { rows } = await database.query<{ now: number }>({ text: NOW });
        return Number(rows[0]?.now ?? 0);
      }),
    put: (puts) =>
      attempt(async () => {
        const written = await write(puts);
        const found = await read(puts.filter(({ of }) => !written.has(nameOf(of))));
        return puts.map(({ of }) => (written.has(nameOf(of)) ? null : (found.get(nameOf(of)) ?? NOBODY)));
      }),
    forget: (before) =>
      attempt(async () => {
        const { changed } = await database.query({ text: 'delete from gateway_share where seen_at < $1', values: [Math.floor(before)] });
        return changed;
      }),
  };
}
