import type { Migration } from '../../storage/index.ts';

export const addGrantUse: Migration = {
  id: '0003-grants-in-use',
  up: async (database) => {
    await database.schema.alterTable('policy_grant').addColumn('last_used_at', 'bigint').execute();
    // JSON of the rules about arguments; null: none.
    await database.schema.alterTable('policy_grant').addColumn('rules', 'text').execute();
  },
};
