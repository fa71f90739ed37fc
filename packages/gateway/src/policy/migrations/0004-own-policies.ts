import type { Migration } from '../../storage/index.ts';

export const createOwnPolicies: Migration = {
  id: '0004-own-policies',
  up: async (database) => {
    await database.schema
      .createTable('policy_own')
      .addColumn('tenant', 'text', (column) => column.notNull())
      .addColumn('id', 'text', (column) => column.notNull())
      .addColumn('text', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('created_by', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('policy_own_key', ['tenant', 'id'])
      .execute();
  },
};
