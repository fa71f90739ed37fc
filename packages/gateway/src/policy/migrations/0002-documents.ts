import type { Migration } from '../../storage/index.ts';

export const createDocuments: Migration = {
  id: '0002-documents',
  up: async (database) => {
    await database.schema
      .createTable('policy_document')
      .addColumn('tenant', 'text', (column) => column.notNull())
      .addColumn('version', 'text', (column) => column.notNull())
      .addColumn('document', 'text', (column) => column.notNull())
      .addColumn('kept_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('policy_document_key', ['tenant', 'version'])
      .execute();
  },
};
