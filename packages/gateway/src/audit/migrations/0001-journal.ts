import { sql } from 'kysely';
import type { Migration } from '../../storage/index.ts';

/** Logs on PostgreSQL. Rows of `journal_record` are only ever added; `frame` holds leaf, public part and sealed payload as a segment does. */
export const createJournal: Migration = {
  id: '0001-journal',
  up: async (database) => {
    await database.schema
      .createTable('journal_log')
      .addColumn('log', 'text', (column) => column.primaryKey())
      .addColumn('next_index', 'bigint', (column) => column.notNull())
      .addColumn('epoch', 'bigint', (column) => column.notNull())
      .execute();
    await database.schema
      .createTable('journal_writer')
      .addColumn('log', 'text', (column) => column.notNull())
      .addColumn('epoch', 'bigint', (column) => column.notNull())
      .addColumn('gateway', 'text', (column) => column.notNull())
      .addColumn('opened_index', 'bigint', (column) => column.notNull())
      .addColumn('sequence', 'bigint', (column) => column.notNull())
      .addColumn('oldest_open', 'bigint', (column) => column.notNull())
      .addColumn('ended_index', 'bigint')
      .addColumn('settled', 'integer', (column) => column.notNull())
      .addPrimaryKeyConstraint('journal_writer_key', ['log', 'epoch'])
      .execute();
    await database.schema
      .createIndex('journal_writer_unsettled')
      .on('journal_writer')
      .columns(['log', 'epoch'])
      .where(sql.ref('settled'), '=', sql.lit(0))
      .execute();
    await database.schema
      .createTable('journal_record')
      .addColumn('log', 'text', (column) => column.notNull())
      .addColumn('index', 'bigint', (column) => column.notNull())
      .addColumn('epoch', 'bigint', (column) => column.notNull())
      .addColumn('id', 'text', (column) => column.notNull())
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('intent', 'bigint')
      .addColumn('time', 'bigint', (column) => column.notNull())
      .addColumn('frame', 'bytea', (column) => column.notNull())
      .addPrimaryKeyConstraint('journal_record_key', ['log', 'index'])
      .execute();
    await database.schema.createIndex('journal_record_id').on('journal_record').columns(['log', 'id']).execute();
    // Public parts are small and payloads are sealed: trying to compress them costs time and gains nothing.
    await sql`alter table journal_record alter column frame set storage external`.execute(database);
  },
};
