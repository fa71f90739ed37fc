import type { Migration } from '../../storage/index.ts';

/** What gateways on one PostgreSQL hold of the places at once of servers and tools. */
export const createShares: Migration = {
  id: '0003-shares',
  up: async (database) => {
    await database.schema
      .createTable('gateway_share')
      .addColumn('tenant', 'text', (column) => column.notNull())
      .addColumn('key', 'text', (column) => column.notNull())
      .addColumn('who', 'text', (column) => column.notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('version', 'bigint', (column) => column.notNull())
      .addColumn('seen_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('gateway_share_key', ['tenant', 'key', 'who'])
      .execute();
  },
};
