import type { Clock } from '../../src/base/clock.ts';
import type { JsonObject } from '../../src/contracts/json.ts';
import { type CountingServer, startCounting } from '../fixtures/counting-server.ts';
import { startTestGateway, type TestGateway } from '../scenarios/running-gateway.ts';
import { type Caller, modern, post, request, session, type Told } from '../scenarios/wire.ts';

/** One request about something, and its name as the answer repeats it. */
export interface Use {
  readonly method: string;
  readonly params: JsonObject;
  readonly name: string;
}

/** Everything that somebody could tell two refusals apart by, but the time. */
export interface Seen {
  /** Requests that reached a server: `resources/list 1`. */
  readonly asked: readonly string[];
  /** Status, headers and body, without what no two answers share and without the name. */
  readonly told: string;
  /** Kinds of the records that a refusal left, in order. */
  readonly records: readonly string[];
  /** The reason in the last of them: what the operator reads. */
  readonly reason: unknown;
}

export type Era = 'legacy' | 'modern';

/** A gateway before two counting servers: of `main` some is shown to a reader, of `none` nothing. Time stands still unless a test moves it. */
export interface Stand {
  readonly gateway: TestGateway;
  readonly main: CountingServer;
  readonly caller: Caller;
  advance(ms: number): void;
  ask(use: Use, era?: Era): Promise<Seen>;
  /** Requests that reached a server so far. */
  asked(method: string): number;
  stop(): Promise<void>;
}

export const read = (uri: string): Use => ({ method: 'resources/read', params: { uri }, name: uri });

/** Hides `note://kept`, which `main` lists, and what would lie under it. */
const KEPT = `@id("kept") forbid (principal, action, resource is Resource) when { resource.name like "note://kept*" };`;

/** @param clock the test's own, or the machine's where time is what is measured */
export async function startStand(clock: Clock & { advance(ms: number): void } = stillClock()): Promise<Stand> {
  const [main, none] = await Promise.all([startCounting(), startCounting()]);
  const gateway = await startTestGateway({ start: { clock } });
  const records = followed(gateway);
  const http = ({ url }: CountingServer): JsonObject => ({ transport: { kind: 'streamable-http', url } });
  const shown = { prompts: { shown: 'read' }, templates: { 'open://{id}': 'read' }, resources: 'read' };
  await made(gateway, '/servers', { id: 'main', ...http(main), ...shown });
  await made(gateway, '/servers', { id: 'none', ...http(none) });
  await made(gateway, '/policies', { text: KEPT });
  const caller: Caller = { mcp: gateway.mcp, key: (await gateway.key({ name: 'reader', roles: ['reader'] })).text };
  const inside = await session(caller);
  let id = 0;
  const send = ({ method, params }: Use, era: Era): Promise<Told> => {
    id += 1;
    return era === 'modern' ? modern(caller, id, method, params) : post(inside, request(id, method, params));
  };
  const asked = (): ReadonlyMap<string, number> => sumOf([main, none]);
  return {
    gateway,
    main,
    caller,
    advance: clock.advance,
    async ask(use, era = 'modern') {
      const before = asked();
      const told = await send(use, era);
      const now = [...asked()].map(([method, count]) => [method, count - (before.get(method) ?? 0)] as const);
      const ref = /\(ref ([0-9A-Z]{26})\)/.exec(told.body)?.[1];
      const left = ref === undefined ? [] : await records(ref);
      return {
        asked: now.flatMap(([method, more]) => (more > 0 ? [`${method} ${more}`] : [])).sort(),
        told: blank(told, use.name),
        records: left.map(({ kind }) => kind),
        reason: left.at(-1)?.reason,
      };
    },
    asked: (method) => asked().get(method) ?? 0,
    async stop() {
      await gateway.stop();
      await Promise.all([main.close(), none.close()]);
    },
  };
}

function stillClock(): Clock & { advance(ms: number): void } {
  const wall = Date.now();
  let passed = 0;
  return {
    now: () => wall + passed,
    monotonic: () => 1000 + passed,
    advance(ms) {
      passed += ms;
    },
  };
}

async function made(gateway: TestGateway, path: string, body: JsonObject): Promise<void> {
  const answer = await gateway.admin('POST', path, body);
  if (answer.status !== 201) throw new Error(`${path}: ${JSON.stringify(answer.body)}`);
}

interface Left {
  readonly id: string;
  readonly kind: string;
  readonly reason?: string;
}

/** The records of one exchange, once the one that ends it is there. Whoever follows may hear of it a moment after the client. */
function followed({ running }: TestGateway): (id: string) => Promise<readonly Left[]> {
  const all: Left[] = [];
  let heard: (() => void)[] = [];
  running.follow(({ record }) => {
    all.push(record as Left);
    for (const one of heard.splice(0)) one();
  });
  return async (id) => {
    for (;;) {
      const own = all.filter((record) => record.id === id);
      if (own.some(({ kind }) => kind !== 'intent')) return own;
      await new Promise<void>((resolve) => {
        heard = [...heard, resolve];
      });
    }
  };
}

function sumOf(servers: readonly CountingServer[]): ReadonlyMap<string, number> {
  const all = new Map<string, number>();
  for (const server of servers) for (const [method, count] of server.asked()) all.set(method, (all.get(method) ?? 0) + count);
  return all;
}

const VARIES = new Set(['date', 'ratelimit']);

function blank({ status, headers, body }: Told, name: string): string {
  const head = [...headers].map(([key, value]) => [key, VARIES.has(key) ? '*' : value]);
  const text = body
    .replaceAll(/[0-7][0-9A-HJKMNP-TV-Z]{25}/g, 'REF')
    .replaceAll(name, 'NAME')
    .replace(/"id":\d+/, '"id":0');
  // One more digit in the id is one more byte.
  const measured = head.map(([key, value]) => [key, key === 'content-length' ? 'LENGTH' : value]);
  return JSON.stringify([status, measured, text]);
}
