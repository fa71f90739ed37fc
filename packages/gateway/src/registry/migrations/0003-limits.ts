import type { Migration } from '../../storage/index.ts';

/** What a server and its tools are asked at most, as JSON; null where nobody said. */
export const limitsOfServers: Migration = {
  id: '0003-limits',
  up: async (database) => {
    await database.schema.alterTable('registry_server').addColumn('limits', 'text').execute();
  },
};
