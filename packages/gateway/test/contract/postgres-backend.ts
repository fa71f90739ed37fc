import { afterAll, beforeAll } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/log.ts';
import { SecretString } from '../../src/base/secret-string.ts';
import { openPostgres, type Storage } from '../../src/storage/index.ts';
import { type PostgresServer, startPostgres } from '../fixtures/postgres-server.ts';

/** The server of a test file, and what opens an empty store on it. Its databases sort by a locale, so that an order by bytes is our doing. */
export function postgresBackend(): () => Promise<Storage> {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server?.stop());
  return async () => opened(await server.database());
}

export async function opened(url: string): Promise<Storage> {
  const storage = await openPostgres({ url: new SecretString(url), name: 'sallyport-test', clock: systemClock, log: silentLogger });
  if (!storage.ok) throw new Error(`${storage.reason}: ${storage.detail}`);
  return storage.value;
}
