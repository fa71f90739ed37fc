import { setTimeout as wait } from 'node:timers/promises';
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/log.ts';
import { SecretString } from '../../src/base/secret-string.ts';
import { attempt, migrate, openPostgres } from '../../src/storage/index.ts';
import { type PostgresServer, startPostgres } from '../fixtures/postgres-server.ts';
import { opened } from '../fixtures/postgres-store.ts';

const open = (url: string) => openPostgres({ url: new SecretString(url), name: 'sallyport-test', clock: systemClock, log: silentLogger });

async function ask(url: string, text: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  await client.query(text);
  await client.end();
}

describe('a store on PostgreSQL', () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.stop());

  test.each([
    ['a database that is not there', (url: URL) => Object.assign(url, { pathname: '/nowhere' }), 'storage.unavailable', 'nowhere'],
    ['a user that is not there', (url: URL) => Object.assign(url, { username: 'nobody' }), 'storage.permissions', 'nobody'],
    ['a server that is not there', (url: URL) => url.searchParams.set('host', '/nowhere'), 'storage.unavailable', 'PostgreSQL'],
  ])('%s refuses the start and says so', async (_name, spoil, reason, word) => {
    const url = new URL(await server.database());
    spoil(url);
    const refused = await open(url.href);
    expect(refused).toMatchObject({ ok: false, reason });
    expect(refused.ok || refused.detail).toContain(word);
  });

  test('a database of another encoding is refused', async () => {
    const url = new URL(await server.database());
    await ask(url.href, `create database latin template template0 encoding 'LATIN1' locale 'C'`);
    url.pathname = '/latin';
    expect(await open(url.href)).toMatchObject({ ok: false, reason: 'storage.unavailable', detail: expect.stringContaining('UTF8') });
  });

  test('what an operator made less durable is put right for our connections', async () => {
    const url = await server.database();
    await ask(url, `alter database ${new URL(url).pathname.slice(1)} set synchronous_commit = off`);
    const storage = await opened(url);
    const { rows } = await sql<{ on: string }>`select current_setting('synchronous_commit') as on`.execute(storage.queries());
    await storage.close();
    expect(rows).toEqual([{ on: 'on' }]);
  });

  test('ten gateways that start at once make the tables once', async () => {
    const url = await server.database();
    const step = {
      id: '0001-slow',
      up: async (database: Parameters<Parameters<typeof migrate>[2][number]['up']>[0]) => {
        await database.schema.createTable('once').addColumn('id', 'text').execute();
        await sql`select pg_sleep(0.05)`.execute(database);
      },
    };
    const stores = await Promise.all(Array.from({ length: 10 }, () => opened(url)));
    const made = await Promise.all(stores.map((storage) => migrate(storage, 'sample', [step])));
    await Promise.all(stores.map((storage) => storage.close()));
    expect(made.map((one) => one.ok && one.value).sort()).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
  });

  test('texts sort by bytes in a database that sorts by a locale', async () => {
    const storage = await opened(await server.database());
    const step = {
      id: '0001-words',
      up: async (database: Parameters<Parameters<typeof migrate>[2][number]['up']>[0]) => {
        await database.schema.createTable('words').addColumn('id', 'text').execute();
        await database.schema.alterTable('words').addColumn('later', 'text').execute();
      },
    };
    expect(await migrate(storage, 'sample', [step])).toMatchObject({ ok: true });
    const queries = storage.queries<{ words: { id: string; later: string } }>();
    for (const word of ['b', 'a', 'ä', 'B', '_', 'Z']) await queries.insertInto('words').values({ id: word, later: word }).execute();
    const inOrder = async (column: 'id' | 'later') =>
      (await queries.selectFrom('words').select(column).orderBy(column).execute()).map(Object.values);
    const bytewise = [['B'], ['Z'], ['_'], ['a'], ['b'], ['ä']];
    expect([await inOrder('id'), await inOrder('later')]).toEqual([bytewise, bytewise]);
    await storage.close();
  });

  test('connections that are cut are replaced, and the one whose statement was cut is told', async () => {
    const url = await server.database();
    const storage = await opened(url);
    const sleeping = attempt(() => sql`select pg_sleep(4)`.execute(storage.queries()));
    await wait(100);
    await ask(
      url,
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'sallyport-test' and datname = current_database()`,
    );
    expect(await sleeping).toMatchObject({ ok: false, reason: 'storage.unavailable' });
    expect(await attempt(() => sql`select 1`.execute(storage.queries()))).toMatchObject({ ok: true });
    await storage.close();
  });

  test('a statement that takes too long, and one that waits for a lock too long, are refused by name', async () => {
    const url = await server.database();
    const storage = await opened(url);
    const slow = attempt(() => sql`select pg_sleep(60)`.execute(storage.queries()));
    const holder = new pg.Client(url);
    await holder.connect();
    await holder.query('begin; lock table schema_migration');
    const locked = attempt(() => sql`select * from schema_migration`.execute(storage.queries()));
    for (const refused of await Promise.all([slow, locked])) expect(refused).toMatchObject({ ok: false, reason: 'storage.unavailable' });
    await holder.end();
    expect(await attempt(() => sql`select * from schema_migration`.execute(storage.queries()))).toMatchObject({ ok: true });
    await storage.close();
  });

  test('a server that answers no more is given up within the deadline, is away meanwhile, and is back when it is', async () => {
    const storage = await opened(await server.database());
    server.pause();
    const began = Date.now();
    const refused = await Promise.all(Array.from({ length: 30 }, () => attempt(() => sql`select 1`.execute(storage.queries()))));
    const took = Date.now() - began;
    const away = storage.available;
    server.resume();
    for (const one of refused) expect(one).toMatchObject({ ok: false, reason: 'storage.unavailable' });
    expect(took).toBeLessThan(12_000);
    expect(away).toBe(false);
    await expect.poll(() => attempt(() => sql`select 1`.execute(storage.queries())), { timeout: 10_000 }).toMatchObject({ ok: true });
    expect(storage.available).toBe(true);
    await storage.close();
  });

  test('a closed store refuses', async () => {
    const storage = await opened(await server.database());
    await storage.close();
    expect(await attempt(() => sql`select 1`.execute(storage.queries()))).toMatchObject({ ok: false, reason: 'storage.unavailable' });
  });
});

test('a server that would lose what it acknowledged is refused', async () => {
  const server = await startPostgres({ settings: { fsync: 'off' } });
  try {
    expect(await open(await server.database())).toMatchObject({
      ok: false,
      reason: 'storage.not_durable',
      detail: expect.stringContaining('fsync'),
    });
  } finally {
    await server.stop();
  }
});
