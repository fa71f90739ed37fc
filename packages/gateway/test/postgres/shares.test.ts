import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Clock } from '../../src/base/clock.ts';
import { DEFAULT_TENANT, type PrincipalId } from '../../src/base/ids.ts';
import type { CallLimit } from '../../src/contracts/registration.ts';
import { type Bound, type CallPlace, CallsUnderWay } from '../../src/gateway/calls-under-way.ts';
import { openBudgets } from '../../src/gateway/index.ts';
import { SHARE_MS } from '../../src/gateway/shares/shares.ts';
import type { Postgres, Storage } from '../../src/storage/index.ts';
import { seeded } from '../faults/disk.ts';
import { type GaugedServer, startGauged } from '../fixtures/gauged-server.ts';
import { type PostgresServer, startPostgres } from '../fixtures/postgres-server.ts';
import { opened } from '../fixtures/postgres-store.ts';
import { type Caller, modern, type Told, textOf } from '../scenarios/wire.ts';
import { startShared } from './two-gateways.ts';

const SLOW = 120_000;
const NONE: CallLimit = { callsPerMinute: null, inFlight: null, inFlightPerPrincipal: null };
const files = (limit: Partial<CallLimit> | null): readonly Bound[] => [
  { of: 'server', key: 'files', limit: limit && { ...NONE, ...limit } },
];

interface One {
  readonly counts: CallsUnderWay;
  readonly asked: string[];
  /** Null: refused. */
  take(who: string, bounds: readonly Bound[]): Promise<CallPlace | null>;
  close(): Promise<void>;
  /** As a kill does it: nothing is given back, and nothing of it is heard again. */
  kill(): Promise<void>;
}

/** How often the database is to say something that nobody expects of it. */
let faults = 0;

function noting(storage: Storage, asked: string[]): Storage {
  const { postgres } = storage;
  if (postgres === null) throw new Error('not on PostgreSQL');
  const apart: Postgres['apart'] = (...given) => {
    const connections = postgres.apart(...given);
    const query: typeof connections.query = (statement) => {
      asked.push(statement.name ?? '');
      if (statement.name === 'share-put' && faults-- > 0) return Promise.reject(new Error('nobody expects this'));
      return connections.query(statement);
    };
    return { query, transact: (work) => connections.transact(work), close: () => connections.close() };
  };
  return { ...storage, available: true, postgres: { ...postgres, apart } };
}

describe('requests at once that two gateways share', () => {
  let server: PostgresServer;
  let url: string;
  beforeAll(async () => {
    server = await startPostgres();
  }, SLOW);
  afterAll(() => server.stop());
  beforeEach(async () => {
    url = await server.database();
  });

  async function open(name: string, time: { now: number }, zero = 0): Promise<One> {
    const clock: Clock = { now: () => 0, monotonic: () => time.now + zero };
    const storage = await opened(url);
    const asked: string[] = [];
    const budgets = await openBudgets(noting(storage, asked), clock, { tenant: DEFAULT_TENANT, name });
    if (!budgets.ok) throw new Error(budgets.detail);
    const counts = new CallsUnderWay(budgets.value.shares);
    let killed = false;
    return {
      counts,
      asked,
      take: async (who, bounds) => {
        const taken = await counts.take({ tenant: DEFAULT_TENANT, principal: who as PrincipalId }, bounds);
        const place = 'ok' in taken ? (taken.ok ? taken.value : undefined) : taken;
        if (place === undefined) throw new Error('ok' in taken && !taken.ok ? taken.detail : 'neither');
        return 'bound' in place ? null : place;
      },
      close: async () => {
        await budgets.value.close();
        if (!killed) await storage.close();
      },
      kill: () => {
        killed = true;
        return storage.close().then(() => budgets.value.close());
      },
    };
  }
  const placed = (places: readonly (CallPlace | null)[]): readonly CallPlace[] => places.filter((place) => place !== null);

  test('are never more than the bound, whichever is asked, and are taken again when they are over', { timeout: SLOW }, async () => {
    const time = { now: 0 };
    const both = [await open('a', time), await open('b', time, 1_000_000)] as const;
    const bounds = files({ inFlight: 5 });
    const places = placed(await Promise.all(Array.from({ length: 40 }, (_, i) => (both[i % 2] as One).take('p', bounds))));
    expect(places).toHaveLength(5);
    expect(both[0].counts.count(DEFAULT_TENANT, 'files') + both[1].counts.count(DEFAULT_TENANT, 'files')).toBe(5);
    for (const place of places) place.release();
    // Places that were all taken are asked for again after a tenth of a second, and what the other gateway held comes once it has given it back.
    const again = async (): Promise<number> => {
      time.now += 200;
      const taken = placed(await Promise.all(Array.from({ length: 5 }, () => both[1].take('p', bounds))));
      for (const place of taken) place.release();
      return taken.length;
    };
    await expect.poll(again, { timeout: SLOW }).toBe(5);
    for (const one of both) await one.close();
  });

  test('of one principal leave room for others, on the other gateway too', async () => {
    const time = { now: 0 };
    const [a, b] = [await open('a', time), await open('b', time)];
    const bounds = files({ inFlightPerPrincipal: 1 });
    expect(await a.take('ann', bounds)).not.toBeNull();
    expect(await b.take('ann', bounds)).toBeNull();
    expect(await b.take('bob', bounds)).not.toBeNull();
    await a.close();
    await b.close();
  });

  test('one after another by turns each come at a bound of one', { timeout: SLOW }, async () => {
    const time = { now: 0 };
    const both = [await open('a', time), await open('b', time)] as const;
    for (let i = 0; i < 60; i++) {
      let place: CallPlace | null = null;
      // What ended at one gateway is known at the other once it is written: at once here, a moment later on a busy machine.
      const turn = async (): Promise<boolean> => {
        time.now += 10;
        place = await (both[i % 2] as One).take('ann', files({ inFlight: 1, inFlightPerPrincipal: 1 }));
        return place !== null;
      };
      await expect.poll(turn, { timeout: SLOW, message: `turn ${i}` }).toBe(true);
      (place as CallPlace | null)?.release();
    }
    for (const one of both) await one.close();
  });

  test('ask nobody where there is plenty: a thousand calls one after another, a few questions', async () => {
    const time = { now: 0 };
    const one = await open('a', time);
    for (let i = 0; i < 1000; i++) (await one.take('ann', files({ inFlight: 20 })))?.release();
    expect(one.asked.filter((name) => name === 'share-put').length).toBeLessThan(20);
    await one.close();
  });

  test('begin nothing more than the bound at random, with a gateway that is killed, whose places are back ten seconds later', {
    timeout: SLOW,
  }, async () => {
    const random = seeded(11);
    const time = { now: 0 };
    const gateways = [await open('a', time), await open('b', time, 77)];
    const held: { place: CallPlace; of: One }[] = [];
    const most = 7;
    for (let i = 0; i < 300; i++, time.now += Math.floor(random() * 50)) {
      const one = gateways[random() < 0.5 ? 0 : 1] as One;
      const places = placed(
        await Promise.all(Array.from({ length: Math.floor(random() * 5) }, () => one.take('p', files({ inFlight: most })))),
      );
      held.push(...places.map((place) => ({ place, of: one })));
      expect(held.length).toBeLessThanOrEqual(most);
      while (held.length > 0 && random() < 0.6) held.splice(Math.floor(random() * held.length), 1)[0]?.place.release();
    }
    const [a, b] = gateways as [One, One];
    for (const { place } of held.splice(0)) place.release();
    // What the other gave back is known here once it is written: a moment later on a busy machine.
    const lost: CallPlace[] = [];
    const two = async (): Promise<number> => lost.push(...placed([await a.take('p', files({ inFlight: most }))]));
    await expect.poll(two, { timeout: SLOW }).toBe(2);
    await a.kill();
    const rest = async (): Promise<readonly CallPlace[]> =>
      placed(await Promise.all(Array.from({ length: most }, () => b.take('p', files({ inFlight: most })))));
    const before = await rest();
    expect(before.length).toBeLessThanOrEqual(most - 2);
    for (const place of before) place.release();
    time.now += SHARE_MS + 1;
    expect(await rest()).toHaveLength(most);
    await b.close();
  });

  test('that began before the bound was set count for the other gateway, once it is set', async () => {
    const time = { now: 0 };
    const [a, b] = [await open('a', time), await open('b', time)];
    await a.take('ann', files(null));
    a.counts.boundBy(DEFAULT_TENANT, () => ({ ...NONE, inFlight: 1 }));
    await expect.poll(async () => (await b.take('bob', files({ inFlight: 1 }))) === null).toBe(true);
    await a.close();
    await b.close();
  });

  test('are refused by name while the database is away, and begin again afterwards', { timeout: SLOW }, async () => {
    const time = { now: 0 };
    const one = await open('a', time);
    await server.halt();
    await expect(one.take('p', files({ inFlight: 3 }))).rejects.toThrow('PostgreSQL');
    await server.start();
    const works = () =>
      one.take('p', files({ inFlight: 3 })).then(
        (place) => place !== null,
        () => false,
      );
    await expect.poll(works, { timeout: SLOW }).toBe(true);
    await one.close();
  });

  test('are refused where the database says what nobody expects, and begin again with the next', async () => {
    const one = await open('a', { now: 0 });
    const bounds = files({ inFlight: 3 });
    // A row that is not there is written at the second question: the first only reads.
    (await one.take('p', bounds))?.release();
    faults = 1;
    await expect(one.take('q', files({ inFlightPerPrincipal: 1 }))).rejects.toThrow('nobody expects this');
    expect(await one.take('q', files({ inFlightPerPrincipal: 1 }))).not.toBeNull();
    await one.close();
  });

  test('that could not be renewed are used no more before others may take them', { timeout: SLOW }, async () => {
    const time = { now: 0 };
    const one = await open('a', time);
    const bounds = files({ inFlight: 20 });
    (await one.take('p', bounds))?.release();
    await server.halt();
    time.now += SHARE_MS;
    await expect(one.take('p', bounds)).rejects.toThrow('PostgreSQL');
    await server.start();
    await one.close();
  });

  describe('on the wire', () => {
    let gauged: GaugedServer;
    beforeAll(async () => {
      gauged = await startGauged();
    });
    afterAll(() => gauged.stop());

    test('24 at once over two gateways at a server of three: it never sees a fourth, and each other is told to wait [R2-002 partial: limits of a server over two gateways]', {
      timeout: SLOW,
    }, async () => {
      const transport = { kind: 'streamable-http', url: gauged.url };
      const limits = { inFlight: 3, tools: {} };
      const a = await startShared(url, { servers: [{ id: 'gauged', transport, effects: { wait: 'read' }, limits }] });
      const b = await startShared(url, {}, a.data);
      const { text } = await a.key({ name: 'busy', roles: ['reader'] });
      const callers: readonly Caller[] = [a, b].map(({ mcp }) => ({ mcp, key: text }));
      const wait = (i: number, ms: number): Promise<Told> =>
        modern(callers[i % 2] as Caller, i, 'tools/call', { name: 'gauged__wait', arguments: { ms } });
      const told = await Promise.all(Array.from({ length: 24 }, (_, i) => wait(i, 1500)));
      const after = [await wait(0, 0), await wait(1, 0)];
      await b.end();
      await a.end();
      expect(gauged.most).toBe(3);
      const refused = told.filter((one) => textOf(one).includes('This server takes 3 at once from all'));
      expect(refused).toHaveLength(21);
      expect(refused[0]?.headers.get('retry-after')).toBe('1');
      expect(after.filter((one) => textOf(one).includes('at once'))).toEqual([]);
    });
  });
});
