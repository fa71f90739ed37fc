import { sql, type Transaction } from 'kysely';
import type { Result } from '../base/result.ts';
import type { StorageReason } from '../contracts/reasons/storage.ts';
import type { Storage } from './storage.ts';
import { attempt } from './storage-error.ts';

/** The channel on which a database says what was changed in it. */
export const CHANNEL = 'sallyport_changed';

// Triggers and not calls beside each change: whatever changes a row tells it, a person with psql too. Only what a key may do is told of keys; when it
// was used last is no news.
const MADE = [
  `create or replace function sallyport_changed() returns trigger language plpgsql as $$
  begin
    perform pg_notify('${CHANNEL}', json_build_array(tg_table_schema, current_setting('application_name'), tg_table_name, null)::text);
    return null;
  end $$`,
  `create or replace function sallyport_key_changed() returns trigger language plpgsql as $$
  begin
    perform pg_notify('${CHANNEL}', json_build_array(tg_table_schema, current_setting('application_name'), tg_table_name, coalesce(new.id, old.id))::text);
    return null;
  end $$`,
];

const OF_KEYS = `create trigger sallyport_changed after insert or delete
  or update of mac, grants, expires_at, revoked_at, replaced_by, overlap_ends_at, holds_name, disclosed_at
  on api_key for each row execute function sallyport_key_changed()`;

/** Tables whose changes nobody has to be told of, or which are their own news. */
const QUIET = /^(journal|rate|gateway|config|storage|schema)_/;

/** Makes every table tell its changes that does not yet. Once all rooms have made their tables. */
export function watchTables(storage: Storage): Promise<Result<null, StorageReason>> {
  return attempt(() =>
    storage.alter<unknown, null>(async (transaction) => {
      const silent = await silentTables(transaction);
      if (silent.length === 0) return null;
      for (const text of MADE) await sql.raw(text).execute(transaction);
      for (const table of silent) await makeTell(transaction, table);
      return null;
    }),
  );
}

async function silentTables(transaction: Transaction<unknown>): Promise<readonly string[]> {
  const { rows } = await sql<{ name: string }>`select c.relname as name from pg_class c
    where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r'
      and not exists (select 1 from pg_trigger t where t.tgrelid = c.oid and t.tgname = 'sallyport_changed')
    order by 1`.execute(transaction);
  return rows.map(({ name }) => name).filter((name) => !QUIET.test(name));
}

const makeTell = (transaction: Transaction<unknown>, table: string) =>
  table === 'api_key'
    ? sql.raw(OF_KEYS).execute(transaction)
    : sql`create trigger sallyport_changed after insert or update or delete on ${sql.table(table)}
        for each statement execute function sallyport_changed()`.execute(transaction);
