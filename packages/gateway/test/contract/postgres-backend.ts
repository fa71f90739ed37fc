import { afterAll, beforeAll } from 'vitest';
import type { Storage } from '../../src/storage/index.ts';
import { type PostgresServer, startPostgres } from '../fixtures/postgres-server.ts';
import { opened } from '../fixtures/postgres-store.ts';

/** The server of a test file, and what opens an empty store on it. Its databases sort by a locale, so that an order by bytes is our doing. */
export function postgresBackend(): () => Promise<Storage> {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server?.stop());
  return async () => opened(await server.database());
}
