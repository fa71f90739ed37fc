import { sql } from 'kysely';
import type { Migration } from '../../storage/index.ts';

export const createApiKeys: Migration = {
  id: '0001-api-keys',
  up: async (database) => {
    await database.schema
      .createTable('api_key')
      .addColumn('tenant', 'text', (column) => column.notNull())
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('principal', 'text', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('mac', 'text', (column) => column.notNull().unique())
      .addColumn('pepper_id', 'text', (column) => column.notNull())
      .addColumn('grants', 'text', (column) => column.notNull())
      .addColumn('owner', 'text')
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('created_by', 'text', (column) => column.notNull())
      .addColumn('expires_at', 'bigint', (column) => column.notNull())
      .addColumn('revoked_at', 'bigint')
      .addColumn('replaced_by', 'text')
      .addColumn('overlap_ends_at', 'bigint')
      .addColumn('last_used_at', 'bigint')
      .addColumn('warned_days', 'integer')
      .addColumn('holds_name', 'integer', (column) => column.notNull())
      .execute();
    await database.schema.createIndex('api_key_tenant').on('api_key').columns(['tenant', 'id']).execute();
    // Two creations at once cannot both take a name, whatever the engine's isolation.
    await database.schema
      .createIndex('api_key_live_name')
      .unique()
      .on('api_key')
      .columns(['tenant', 'name'])
      .where(sql.ref('holds_name'), '=', sql.lit(1))
      .execute();
  },
};
