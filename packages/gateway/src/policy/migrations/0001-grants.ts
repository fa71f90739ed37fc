import type { Migration } from '../../storage/index.ts';

export const createGrants: Migration = {
  id: '0001-grants',
  up: async (database) => {
    await database.schema
      .createTable('policy_grant')
      .addColumn('tenant', 'text', (column) => column.notNull())
      .addColumn('id', 'text', (column) => column.notNull())
      .addColumn('principal', 'text', (column) => column.notNull())
      .addColumn('tool', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('created_by', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('policy_grant_key', ['tenant', 'id'])
      .addUniqueConstraint('policy_grant_once', ['tenant', 'principal', 'tool'])
      .execute();
  },
};
