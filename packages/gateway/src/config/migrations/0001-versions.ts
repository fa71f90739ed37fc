import type { Migration } from '../../storage/index.ts';

export const createVersions: Migration = {
  id: '0001-versions',
  up: async (database) => {
    await database.schema
      .createTable('config_version')
      .addColumn('tenant', 'text', (column) => column.notNull())
      .addColumn('sequence', 'integer', (column) => column.notNull())
      .addColumn('hash', 'text', (column) => column.notNull())
      .addColumn('parent', 'text')
      .addColumn('content', 'text', (column) => column.notNull())
      .addColumn('author', 'text', (column) => column.notNull())
      .addColumn('cause', 'text', (column) => column.notNull())
      .addColumn('changes', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('mac', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('config_version_key', ['tenant', 'sequence'])
      .addUniqueConstraint('config_version_hash', ['tenant', 'hash'])
      .execute();
    await database.schema
      .createTable('config_touched')
      .addColumn('tenant', 'text', (column) => column.notNull())
      .addColumn('id', 'text', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('head', 'text', (column) => column.notNull())
      .addColumn('mac', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('config_touched_key', ['tenant', 'id'])
      .execute();
  },
};
