import { join } from 'node:path';
import type { JsonObject } from '../../src/contracts/json.ts';
import { FIXTURES } from '../scenarios/running-gateway.ts';
import { ask, type FileGateway, rpc, startFromFile } from './file-gateway.ts';

/** What a storm of files did to a gateway under load. */
export interface Storm {
  readonly files: number;
  readonly applied: number;
  readonly refused: number;
  readonly calls: number;
  readonly failed: readonly string[];
  /** States that were seen, live or in the history, and that no single file says. */
  readonly half: readonly string[];
}

const SERVER = join(FIXTURES, 'tool-server-stdio.ts');
const UNTIL = '2099-01-01';
const CALLERS = 6;

/** The state of a number stands in three places of a file: a state in which they differ is half of two files. */
function fileOf(n: number): string {
  const server = (id: string): string =>
    `  ${id}:\n    title: state ${n}\n    command: ${process.execPath}\n    args: [${SERVER}]\n    sharing: shared\n    effects: { echo: read, write_0: ${n % 2 === 0 ? 'write' : 'destructive'} }\n`;
  const deviation = (key: string): string =>
    `  - { key: rate_limiting.${key}, value: 1000000, reason: a storm sends more than a person, until: ${UNTIL} }\n`;
  const rates = `rate_limiting: { requests_per_minute: 1000000, address_requests_per_minute: 1000000, burst_allowance: ${n % 21} }\n`;
  return `${rates}deviations:\n${deviation('requests_per_minute')}${deviation('address_requests_per_minute')}servers:\n${server('one')}${server('two')}`;
}

/** Ways in which a file is wrong: cut off, misspelt, with a literal secret, with a tool that is not there, a server that does not start. */
const BROKEN: readonly ((text: string) => string)[] = [
  (text) => text.slice(0, -20),
  (text) => text.replace('burst_allowance', 'burst_alowance'),
  (text) => text.replace('sharing: shared', 'env: { A_TOKEN: literal }'),
  (text) => text.replace('echo: read', 'ehco: read'),
  (text) => `${text}  dead: { command: /nowhere/at-all }\n`,
  () => 'servers: {',
];

/** @param random numbers from 0 to below 1, by which files are drawn. */
export async function storm(count: number, random: () => number): Promise<Storm> {
  const gateway = await startFromFile(fileOf(0));
  try {
    const { text: key } = await gateway.key('caller', ['reader']);
    const half: string[] = [];
    const load = startLoad(gateway, key);
    let [applied, refused] = [0, 0];
    for (let n = 1; n <= count; n++) {
      const broken = random() < 0.5 ? BROKEN[Math.floor(random() * BROKEN.length)] : undefined;
      gateway.write(broken === undefined ? fileOf(n) : broken(fileOf(n)));
      const { status } = await gateway.admin('POST', '/config/reload');
      if ((status === 200) !== (broken === undefined))
        half.push(`file ${n}: ${broken === undefined ? 'right' : 'broken'} and answered ${status}`);
      if (status === 200) applied += 1;
      else refused += 1;
      half.push(...(await liveState(gateway, status === 200 ? n : null)));
    }
    const { calls, failed } = await load.stop();
    half.push(...(await historyOf(gateway)));
    return { files: count, applied, refused, calls, failed, half };
  } finally {
    await gateway.end();
  }
}

function startLoad(gateway: FileGateway, key: string): { stop(): Promise<{ readonly calls: number; readonly failed: readonly string[] }> } {
  let running = true;
  let calls = 0;
  const failed: string[] = [];
  const caller = async (id: number): Promise<void> => {
    while (running) {
      const name = `${id % 2 === 0 ? 'one' : 'two'}__echo`;
      const headers = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': name };
      const body = rpc(calls, 'tools/call', { name, arguments: { text: 'x' }, _meta: META });
      calls += 1;
      const answer = await ask({ url: gateway.running.mcpUrl }, { key, body, headers }).catch((fault: unknown) => ({
        status: 0,
        body: String(fault),
      }));
      if (answer.status !== 200 || !answer.body.includes('"result"') || answer.body.includes('"isError":true'))
        failed.push(answer.body.slice(0, 300));
    }
  };
  const callers = Array.from({ length: CALLERS }, (_, id) => caller(id));
  return {
    async stop() {
      running = false;
      await Promise.all(callers);
      return { calls, failed };
    },
  };
}

const META = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
  'io.modelcontextprotocol/clientInfo': { name: 'storm', version: '1' },
};

/** What the API and the status say now; `expected` is the number of the file that was just applied. */
async function liveState({ admin, running }: FileGateway, expected: number | null): Promise<readonly string[]> {
  const servers = (await admin('GET', '/servers')).body['items'] as readonly JsonObject[];
  const titles = [...new Set(servers.map((server) => String(server['title'])))];
  const { burst } = running.status().rate;
  const n = Number(titles[0]?.replace('state ', ''));
  const isWhole = titles.length === 1 && servers.length === 2 && burst === n % 21 && (expected === null || expected === n);
  return isWhole ? [] : [`live: ${titles.join(', ')} with burst ${burst}, expected ${expected}`];
}

/** Every version that was ever in force says one number in all its places. */
async function historyOf({ admin }: FileGateway): Promise<readonly string[]> {
  const half: string[] = [];
  for (let cursor = ''; ; ) {
    const page = (await admin('GET', `/config/versions?limit=200${cursor === '' ? '' : `&cursor=${cursor}`}`)).body;
    for (const { sequence } of page['items'] as readonly JsonObject[]) {
      const { content } = (await admin('GET', `/config/versions/${sequence}`)).body as unknown as { readonly content: Content };
      const titles = [content.stored.servers['one']?.title, content.stored.servers['two']?.title];
      const n = Number(/title: state (\d+)/.exec(content.file.text)?.[1]);
      if (titles.some((title) => title !== `state ${n}`) || content.settings.rate.burst !== n % 21)
        half.push(`version ${sequence}: ${titles.join(', ')}`);
    }
    if (page['next'] === null) return half;
    cursor = String(page['next']);
  }
}

interface Content {
  readonly file: { readonly text: string };
  readonly settings: { readonly rate: { readonly burst: number } };
  readonly stored: { readonly servers: Readonly<Record<string, { readonly title: string } | undefined>> };
}

/** Numbers that are the same in every run (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
