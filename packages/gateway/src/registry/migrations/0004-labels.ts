import type { Migration } from '../../storage/index.ts';

/** What the operator says of a server's data and place, as JSON; null where nobody said. */
export const labelsOfServers: Migration = {
  id: '0004-labels',
  up: async (database) => {
    await database.schema.alterTable('registry_server').addColumn('labels', 'text').execute();
  },
};
