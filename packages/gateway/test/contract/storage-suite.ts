import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { attempt, type Migration, migrate, type Storage } from '../../src/storage/index.ts';

/** Opens an empty store of one engine. The caller closes it. */
export type OpenBackend = () => Promise<Storage>;

interface Tables {
  readonly sample: {
    readonly tenant: string;
    readonly id: string;
    readonly words: string | null;
    readonly amount: number | bigint | null;
    readonly bytes: Uint8Array | null;
    readonly parent: string | null;
  };
}

const FIRST: Migration = {
  id: '0001-sample',
  up: async (database) => {
    await database.schema
      .createTable('sample')
      .addColumn('tenant', 'text', (column) => column.notNull())
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('words', 'text')
      .addColumn('amount', 'bigint')
      .addColumn('bytes', database.getExecutor().adapter.constructor.name === 'SqliteAdapter' ? 'blob' : 'bytea')
      .addColumn('parent', 'text', (column) => column.references('sample.id'))
      .execute();
    await database.schema.createIndex('sample_words').unique().on('sample').columns(['tenant', 'words']).execute();
  },
};

const BROKEN: Migration = {
  id: '0002-broken',
  up: async (database) => {
    await database.schema.createTable('half').addColumn('id', 'text').execute();
    await sql`insert into nowhere values (1)`.execute(database);
  },
};

const EMPTY = { tenant: 'default', words: null, amount: null, bytes: null, parent: null } as const;

/** What every engine must do alike. */
export function storageContract(engine: string, openBackend: OpenBackend): void {
  describe(`storage contract on ${engine}`, () => {
    let storage: Storage;
    let count = 0;
    const id = () => `row-${count++}`;
    const queries = () => storage.queries<Tables>();
    const insert = (row: Partial<Tables['sample']> & { readonly id: string }) =>
      queries()
        .insertInto('sample')
        .values({ ...EMPTY, ...row })
        .execute();
    const read = (key: string) => queries().selectFrom('sample').selectAll().where('id', '=', key).executeTakeFirst();

    beforeAll(async () => {
      storage = await openBackend();
      expect(await migrate(storage, 'sample', [FIRST])).toEqual({ ok: true, value: 1 });
    });
    afterAll(() => storage.close());

    test('values come back as they were written', async () => {
      const text = fc.string({ unit: 'binary', maxLength: 200 }).filter((value) => !value.includes('\0'));
      const integer = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
      const row = fc.record({ words: text, amount: integer, bytes: fc.uint8Array({ maxLength: 300 }) });
      await fc.assert(
        fc.asyncProperty(row, async ({ words, amount, bytes }) => {
          const key = id();
          await insert({ id: key, words: `${key}${words}`, amount, bytes });
          const found = await read(key);
          expect(found?.words).toBe(`${key}${words}`);
          expect(BigInt(found?.amount ?? 0)).toBe(amount);
          expect(typeof found?.amount).toBe(Number.isSafeInteger(Number(amount)) ? 'number' : 'bigint');
          expect(Buffer.from(found?.bytes ?? [])).toEqual(Buffer.from(bytes));
        }),
        { numRuns: 60 },
      );
    });

    test('null stays null and an empty text stays empty', async () => {
      const [none, empty] = [id(), id()];
      await insert({ id: none });
      await insert({ id: empty, words: '', bytes: new Uint8Array() });
      expect(await read(none)).toEqual({ ...EMPTY, id: none });
      expect((await read(empty))?.words).toBe('');
      expect((await read(empty))?.bytes?.length).toBe(0);
    });

    test('text is never read as SQL', async () => {
      const key = id();
      const words = `'; drop table sample; --${key}`;
      await insert({ id: key, words });
      expect((await read(key))?.words).toBe(words);
    });

    test('numbers of changed rows are told', async () => {
      const key = id();
      await insert({ id: key });
      const changed = await queries().updateTable('sample').set({ amount: 1 }).where('id', '=', key).executeTakeFirst();
      const none = await queries().deleteFrom('sample').where('id', '=', 'nobody').executeTakeFirst();
      expect([changed.numUpdatedRows, none.numDeletedRows]).toEqual([1n, 0n]);
    });

    test.each([
      ['a repeated primary key', (key: string) => insert({ id: key })],
      ['a repeated unique pair', (key: string) => insert({ id: `${key}-b`, words: key })],
      ['a parent that does not exist', (key: string) => insert({ id: `${key}-c`, parent: 'nobody' })],
      ['a missing tenant', (key: string) => insert({ id: `${key}-d`, tenant: null as unknown as string })],
    ])('%s is a conflict', async (_name, violate) => {
      const key = id();
      await insert({ id: key, words: key });
      expect(await attempt(() => violate(key))).toMatchObject({ ok: false, reason: 'storage.conflict' });
    });

    test('a text with NUL is refused by its name, alone and in a transaction, and the store goes on', async () => {
      const [alone, within] = [id(), id()];
      const refused = { ok: false, reason: 'storage.value_invalid', detail: expect.stringContaining('NUL') };
      expect(await attempt(() => insert({ id: alone, words: 'a\0b' }))).toMatchObject(refused);
      const transaction = () =>
        storage.transact<Tables, void>(async (tables) => {
          await tables
            .insertInto('sample')
            .values({ ...EMPTY, id: within })
            .execute();
          await tables.updateTable('sample').set({ words: '\0' }).where('id', '=', within).execute();
        });
      expect(await attempt(transaction)).toMatchObject(refused);
      expect([await read(alone), await read(within)]).toEqual([undefined, undefined]);
      expect(await attempt(() => read('nobody\0'))).toMatchObject(refused);
      await insert({ id: alone, words: 'a\\u0000b' });
      expect(await read(alone)).toMatchObject({ words: 'a\\u0000b' });
    });

    test('the same words under another tenant are no conflict', async () => {
      const [a, b] = [id(), id()];
      await insert({ id: a, words: a });
      await insert({ id: b, words: a, tenant: 'other' });
      expect(await read(b)).toMatchObject({ words: a, tenant: 'other' });
    });

    test('a wrong query is a bug, not a reason', async () => {
      await expect(attempt(() => sql`select nonsense from nowhere`.execute(queries()))).rejects.toThrow();
    });

    test('an error rolls the whole transaction back', async () => {
      const key = id();
      const outcome = await attempt(() =>
        queries()
          .transaction()
          .execute(async (transaction) => {
            await transaction
              .insertInto('sample')
              .values({ ...EMPTY, id: key })
              .execute();
            await transaction
              .insertInto('sample')
              .values({ ...EMPTY, id: key })
              .execute();
          }),
      );
      expect(outcome).toMatchObject({ ok: false, reason: 'storage.conflict' });
      expect(await read(key)).toBeUndefined();
    });

    test('what a transaction wrote is not seen by others before it commits', async () => {
      const key = id();
      let seen: unknown = 'not asked';
      const reader = queries()
        .transaction()
        .execute(async (transaction) => {
          await transaction
            .insertInto('sample')
            .values({ ...EMPTY, id: key })
            .execute();
          seen = await Promise.race([read(key), new Promise((resolve) => setTimeout(() => resolve(undefined), 50))]);
          throw new Error('changed my mind');
        });
      await expect(reader).rejects.toThrow('changed my mind');
      expect(seen).toBeUndefined();
      expect(await read(key)).toBeUndefined();
    });

    test('fifty concurrent read-modify-write transactions lose no update', async () => {
      const key = id();
      await insert({ id: key, amount: 0 });
      const add = () =>
        storage.transact<Tables, void>(async (transaction) => {
          const { amount } = await transaction.selectFrom('sample').select('amount').where('id', '=', key).executeTakeFirstOrThrow();
          const next = Number(amount) + 1;
          await transaction.updateTable('sample').set({ amount: next }).where('id', '=', key).execute();
        });
      await Promise.all(Array.from({ length: 50 }, add));
      expect((await read(key))?.amount).toBe(50);
    });

    test('a migration runs once', async () => {
      expect(await migrate(storage, 'sample', [FIRST])).toEqual({ ok: true, value: 0 });
    });

    test('a migration that fails leaves nothing behind', async () => {
      await expect(migrate(storage, 'sample', [FIRST, BROKEN])).rejects.toThrow();
      await expect(sql`select * from half`.execute(queries())).rejects.toThrow();
      expect(await migrate(storage, 'sample', [FIRST])).toEqual({ ok: true, value: 0 });
    });

    test('steps that this version does not know refuse the start', async () => {
      expect(await migrate(storage, 'sample', [])).toMatchObject({ ok: false, reason: 'storage.newer_version' });
      const renamed = { ...FIRST, id: '0001-another-history' };
      expect(await migrate(storage, 'sample', [renamed])).toMatchObject({ ok: false, reason: 'storage.newer_version' });
    });
  });
}
