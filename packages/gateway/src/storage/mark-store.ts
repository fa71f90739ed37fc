import { sql } from 'kysely';
import type { Result } from '../base/result.ts';
import type { StorageReason } from '../contracts/reasons/storage.ts';
import type { Storage } from './storage.ts';
import { attempt } from './storage-error.ts';

/** A record of the journal. */
export interface Position {
  readonly index: number;
  readonly leaf: string;
}

/** How far a state has come. It only grows, so an older state that was put in its place is told apart by whoever saw a later one. */
export interface Mark {
  readonly count: number;
  /** The newest record of the journal when it was raised last, where that was known. */
  readonly position: Position | null;
}

export interface MarkStore {
  read(): Promise<Result<Mark, StorageReason>>;
  /** @param position null leaves the one that is there. @returns the count that is durable now */
  raise(position: Position | null): Promise<Result<number, StorageReason>>;
}

interface Row {
  readonly count: number;
  readonly log_index: number | null;
  readonly leaf: string | null;
}

/** Makes the table where there is none: then the count is 0. */
export async function openMark(storage: Storage): Promise<Result<MarkStore, StorageReason>> {
  const made = await attempt(() =>
    storage.alter<unknown, void>((transaction) =>
      transaction.schema
        .createTable('storage_mark')
        .ifNotExists()
        .addColumn('id', 'integer', (column) => column.primaryKey())
        .addColumn('count', 'bigint', (column) => column.notNull())
        .addColumn('log_index', 'bigint')
        .addColumn('leaf', 'text')
        .execute(),
    ),
  );
  if (!made.ok) return made;
  const queries = storage.queries<unknown>();
  return {
    ok: true,
    value: {
      read: () =>
        attempt(async () => {
          const { rows } = await sql<Row>`select count, log_index, leaf from storage_mark where id = 1`.execute(queries);
          const [row] = rows;
          if (row === undefined) return { count: 0, position: null };
          const { count, log_index: index, leaf } = row;
          return { count, position: index === null || leaf === null ? null : { index, leaf } };
        }),
      raise: (position) =>
        attempt(async () => {
          const { rows } = await sql<Pick<Row, 'count'>>`insert into storage_mark (id, count, log_index, leaf)
            values (1, 1, ${position?.index ?? null}, ${position?.leaf ?? null})
            on conflict (id) do update set count = storage_mark.count + 1, log_index = coalesce(excluded.log_index, storage_mark.log_index),
              leaf = coalesce(excluded.leaf, storage_mark.leaf) returning count`.execute(queries);
          return rows[0]?.count ?? 0;
        }),
    },
  };
}
