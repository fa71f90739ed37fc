import type { Migration } from '../../storage/index.ts';

export const createServersAndPins: Migration = {
  id: '0001-servers-and-pins',
  up: async (database) => {
    await database.schema
      .createTable('registry_server')
      .addColumn('tenant', 'text', (column) => column.notNull())
      .addColumn('id', 'text', (column) => column.notNull())
      .addColumn('title', 'text', (column) => column.notNull())
      .addColumn('transport', 'text', (column) => column.notNull())
      .addColumn('sharing', 'text', (column) => column.notNull())
      .addColumn('revisions', 'text', (column) => column.notNull())
      .addColumn('enabled', 'integer', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('registry_server_key', ['tenant', 'id'])
      .execute();
    await database.schema
      .createTable('registry_pin')
      .addColumn('tenant', 'text', (column) => column.notNull())
      .addColumn('server', 'text', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('position', 'integer', (column) => column.notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('effect', 'text')
      .addColumn('candidate', 'text', (column) => column.notNull())
      .addColumn('offered', 'text')
      .addColumn('gone', 'integer', (column) => column.notNull())
      .addPrimaryKeyConstraint('registry_pin_key', ['tenant', 'server', 'name'])
      .execute();
  },
};
