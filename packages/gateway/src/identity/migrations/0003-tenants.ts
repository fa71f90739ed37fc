import type { Migration } from '../../storage/index.ts';

/** Tenants beside the one that every installation has. */
export const createTenants: Migration = {
  id: '0003-tenants',
  up: async (database) => {
    await database.schema
      .createTable('tenant')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('title', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('created_by', 'text', (column) => column.notNull())
      .execute();
  },
};
