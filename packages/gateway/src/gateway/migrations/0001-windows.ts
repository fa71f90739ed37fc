import type { Migration } from '../../storage/index.ts';

/** Budgets of principals that gateways on one PostgreSQL share. */
export const createWindows: Migration = {
  id: '0001-windows',
  up: async (database) => {
    await database.schema
      .createTable('rate_window')
      .addColumn('tenant', 'text', (column) => column.notNull())
      .addColumn('principal', 'text', (column) => column.notNull())
      .addColumn('rate', 'text', (column) => column.notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('version', 'bigint', (column) => column.notNull())
      .addColumn('seen_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('rate_window_key', ['tenant', 'principal', 'rate'])
      .execute();
  },
};
