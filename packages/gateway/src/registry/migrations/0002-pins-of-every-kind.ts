import { sql } from 'kysely';
import type { Migration } from '../../storage/index.ts';

/** Prompts and templates are pinned too, and may have the name of a tool; what a server can do is kept with it. */
export const pinsOfEveryKind: Migration = {
  id: '0002-pins-of-every-kind',
  up: async (database) => {
    await database.schema
      .alterTable('registry_server')
      .addColumn('capabilities', 'text', (column) => column.notNull().defaultTo('{"legacy":{},"modern":{}}'))
      .execute();
    await database.schema.alterTable('registry_server').addColumn('resources', 'text').execute();
    await database.schema
      .createTable('registry_kind_pin')
      .addColumn('tenant', 'text', (column) => column.notNull())
      .addColumn('server', 'text', (column) => column.notNull())
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('position', 'integer', (column) => column.notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('effect', 'text')
      .addColumn('candidate', 'text', (column) => column.notNull())
      .addColumn('offered', 'text')
      .addColumn('gone', 'integer', (column) => column.notNull())
      .addPrimaryKeyConstraint('registry_kind_pin_key', ['tenant', 'server', 'kind', 'name'])
      .execute();
    const same = ['tenant', 'server', 'name', 'position', 'state', 'effect', 'candidate', 'offered', 'gone'];
    const was = sql<unknown>`select ${sql.join(same.map((name) => sql.ref(name)))}, 'tool' from registry_pin`;
    await sql`insert into registry_kind_pin (${sql.join([...same, 'kind'].map((name) => sql.ref(name)))}) ${was}`.execute(database);
    await database.schema.dropTable('registry_pin').execute();
    await database.schema.alterTable('registry_kind_pin').renameTo('registry_pin').execute();
  },
};
