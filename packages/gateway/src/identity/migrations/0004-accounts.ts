import type { Migration } from '../../storage/index.ts';

/** Keys of accounts that the configuration file names. */
export const addAccounts: Migration = {
  id: '0004-accounts',
  up: async (database) => {
    await database.schema.alterTable('api_key').addColumn('account', 'text').execute();
    await database.schema.alterTable('api_key').addColumn('account_ends_at', 'bigint').execute();
  },
};
