import type { Migration } from '../../storage/index.ts';

/** Held exchanges, and tasks of the stateless era. */
export const createHeld: Migration = {
  id: '0002-held',
  up: async (database) => {
    await database.schema
      .createTable('gateway_hold')
      .addColumn('tenant', 'text', (column) => column.notNull())
      .addColumn('handle', 'text', (column) => column.notNull())
      .addColumn('principal', 'text', (column) => column.notNull())
      .addColumn('bound', 'text', (column) => column.notNull())
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('parent', 'text', (column) => column.notNull())
      .addColumn('expires_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('gateway_hold_key', ['tenant', 'handle'])
      .execute();
    await database.schema
      .createTable('gateway_task')
      .addColumn('tenant', 'text', (column) => column.notNull())
      .addColumn('id', 'text', (column) => column.notNull())
      .addColumn('principal', 'text', (column) => column.notNull())
      .addColumn('expires_at', 'bigint', (column) => column.notNull())
      .addColumn('begun', 'text', (column) => column.notNull())
      .addColumn('asked', 'text')
      .addPrimaryKeyConstraint('gateway_task_key', ['tenant', 'id'])
      .execute();
    for (const table of ['gateway_hold', 'gateway_task'])
      await database.schema.createIndex(`${table}_of`).on(table).columns(['tenant', 'principal']).execute();
  },
};
