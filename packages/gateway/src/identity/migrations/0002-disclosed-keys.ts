import type { Migration } from '../../storage/index.ts';

export const addDisclosedAt: Migration = {
  id: '0002-disclosed-keys',
  up: async (database) => {
    await database.schema.alterTable('api_key').addColumn('disclosed_at', 'bigint').execute();
  },
};
