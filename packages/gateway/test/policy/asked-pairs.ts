import type { JsonObject } from '../../src/contracts/json.ts';
import { type CountingServer, startCounting } from '../fixtures/counting-server.ts';
import { startTestGateway } from '../scenarios/running-gateway.ts';
import { type Caller, modern, type Told } from '../scenarios/wire.ts';

/** What a hidden object and one that is not there made the gateway ask of servers, and whether they were answered alike, byte for byte. */
export interface AskedPair {
  readonly what: string;
  /** Requests that reached a server, in all rounds: `resources/list 1`. */
  readonly hidden: readonly string[];
  readonly unknown: readonly string[];
  readonly answeredAlike: boolean;
}

interface Use {
  readonly method: string;
  readonly params: JsonObject;
  /** As the answer repeats it. */
  readonly name: string;
}

const get = (name: string): Use => ({ method: 'prompts/get', params: { name }, name });
const read = (uri: string): Use => ({ method: 'resources/read', params: { uri }, name: uri });
const complete = (uri: string): Use => ({
  method: 'completion/complete',
  params: { ref: { type: 'ref/resource', uri }, argument: { name: 'id', value: '' } },
  name: uri,
});

/** Hidden, and of the same length not there. */
const PAIRS: readonly (readonly [what: string, hidden: Use, unknown: Use])[] = [
  ['prompt', get('main__hidden'), get('main__hiddex')],
  ['template', complete('main+shut://{id}'), complete('main+shux://{id}')],
  ['resource of a server that shows none', read('none+note://one'), read('none+note://onx')],
  ['resource of a server that is hidden or not there', read('none+note://one'), read('nonx+note://one')],
  ['resource that a hidden template makes', read('main+shut://1'), read('main+shux://1')],
];

// A server's list is read again once a second at most: three rounds see whether it is read at all.
const ROUNDS = 3;
const REST_MS = 700;

/** Asks for each pair as a reader who was shown the server before, so that nothing is asked for the first time. */
export async function measureAsked(): Promise<readonly AskedPair[]> {
  const [main, none] = await Promise.all([startCounting(), startCounting()]);
  const gateway = await startTestGateway();
  try {
    const http = ({ url }: CountingServer): JsonObject => ({ transport: { kind: 'streamable-http', url } });
    const shown = { prompts: { shown: 'read' }, templates: { 'open://{id}': 'read' }, resources: 'read' };
    for (const one of [
      { id: 'main', ...http(main), ...shown },
      { id: 'none', ...http(none) },
    ]) {
      const made = await gateway.admin('POST', '/servers', one);
      if (made.status !== 201) throw new Error(JSON.stringify(made.body));
    }
    const caller: Caller = { mcp: gateway.mcp, key: (await gateway.key({ name: 'reader', roles: ['reader'] })).text };
    const first = await modern(caller, 1, 'resources/read', { uri: 'main+note://one' });
    if (first.message?.['result'] === undefined) throw new Error(first.body);
    const pairs = PAIRS.map(([what]) => ({ what, hidden: [] as string[], unknown: [] as string[], answeredAlike: true }));
    for (let round = 0; round < ROUNDS; round++) {
      if (round > 0) await new Promise((resolve) => setTimeout(resolve, REST_MS));
      for (const [index, [, hidden, unknown]] of PAIRS.entries()) {
        const pair = pairs[index];
        const [one, two] = [await askFor(caller, hidden, [main, none]), await askFor(caller, unknown, [main, none])];
        if (pair === undefined) continue;
        pair.hidden.push(...one.asked);
        pair.unknown.push(...two.asked);
        pair.answeredAlike &&= one.seen === two.seen;
      }
    }
    return pairs;
  } finally {
    await gateway.stop();
    await Promise.all([main.close(), none.close()]);
  }
}

async function askFor(caller: Caller, { method, params, name }: Use, servers: readonly CountingServer[]): Promise<Seen> {
  const before = countsOf(servers);
  const told = await modern(caller, 1, method, params);
  const asked = [...countsOf(servers)].flatMap(([key, count]) => {
    const more = count - (before.get(key) ?? 0);
    return more > 0 ? [`${key} ${more}`] : [];
  });
  return { asked: asked.sort(), seen: seenIn(told, name) };
}

interface Seen {
  readonly asked: readonly string[];
  readonly seen: string;
}

function countsOf(servers: readonly CountingServer[]): ReadonlyMap<string, number> {
  const all = new Map<string, number>();
  for (const server of servers) for (const [method, count] of server.asked()) all.set(method, (all.get(method) ?? 0) + count);
  return all;
}

const seenIn = ({ status, body }: Told, name: string): string =>
  `${status} ${body.replaceAll(/[0-7][0-9A-HJKMNP-TV-Z]{25}/g, 'REF').replaceAll(name, 'NAME')}`;
