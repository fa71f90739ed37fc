import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JsonObject } from '../../src/contracts/json.ts';
import { type BareAnswer, type BareAsk, bareAsk } from './bare-socket.ts';
import { startTestGateway, type TestGateway, toolServer } from './running-gateway.ts';
import { BOTH, type Caller, call, modern, session, textOf } from './wire.ts';

export type Era = 'legacy' | 'modern';
export const ERAS: readonly Era[] = ['legacy', 'modern'];

/** A gateway with one server behind it, a client of each era, and the server's own list of what reached it. */
export interface Stand {
  readonly gateway: TestGateway;
  readonly caller: Caller;
  readonly legacy: Caller;
  /** A session of somebody else, and one of the caller's at another endpoint. */
  readonly others: Caller;
  readonly elsewhere: Caller;
  /** A session of 2025-03-26, the one revision that has batches. */
  readonly batching: Caller;
  /** Headers of a good call in that era. */
  headers(era: Era): Record<string, string>;
  forwarded(): number;
  stop(): Promise<void>;
}

export async function openStand(): Promise<Stand> {
  const dir = mkdtempSync(join(tmpdir(), 'sallyport-bad-'));
  const callLog = join(dir, 'calls');
  const gateway = await startTestGateway({ servers: [toolServer('local', { callLog })] });
  const made = await gateway.key({ name: 'a caller', roles: ['writer'] });
  const other = await gateway.key({ name: 'somebody else', roles: ['writer'] });
  const caller = { mcp: gateway.mcp, key: made.text };
  const legacy = await session(caller);
  const others = await session({ mcp: gateway.mcp, key: other.text });
  const elsewhere = await session({ mcp: `${gateway.mcp}/local`, key: made.text });
  const batching = await session(caller, '2025-03-26');
  const host = new URL(gateway.mcp).host;
  const base = { host, authorization: `Bearer ${made.text}`, 'content-type': 'application/json', accept: BOTH };
  return {
    gateway,
    caller,
    legacy,
    others,
    elsewhere,
    batching,
    headers: (era) =>
      era === 'legacy'
        ? { ...base, ...legacy.headers }
        : { ...base, 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': 'local__echo' },
    forwarded: () => (existsSync(callLog) ? readFileSync(callLog, 'utf8').split('\n').length - 1 : 0),
    async stop() {
      await gateway.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

export const META = `{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},"io.modelcontextprotocol/clientInfo":{"name":"bad","version":"1"}}`;

/** A good call of that era as text, with these arguments and this id, both as they are to stand there. */
export const callText = (era: Era, args = '{"text":"never seen"}', id = '"bad"'): string =>
  `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"local__echo","arguments":${args}${era === 'modern' ? `,"_meta":${META}` : ''}}}`;

/** What one bad input is and what has to come of it. */
export interface BadInput {
  readonly name: string;
  readonly era: Era;
  readonly body?: string | Uint8Array | (() => BareAsk['body']);
  readonly verb?: string;
  readonly path?: string;
  /** Changes to the headers of a good call: null takes one away, a list repeats it. */
  readonly headers?:
    | Readonly<Record<string, string | null | readonly string[]>>
    | ((stand: Stand) => Readonly<Record<string, string | null>>);
  readonly status: number;
  /** JSON-RPC code; null where the parser refused what was no HTTP request. */
  readonly code: number | null;
  readonly id?: string | number | null;
  readonly reason: string | null;
  /** Longer than usual, where time itself is the input. */
  readonly withinMs?: number;
}

/** What was wrong with the answer to one bad input: empty when nothing was. */
export async function judge(stand: Stand, bad: BadInput, from: number): Promise<readonly string[]> {
  const before = stand.forwarded();
  const memory = watchMemory();
  const answer = await bareAsk(askOf(stand, bad, from));
  const grownMb = memory();
  const wrong = [...judgeAnswer(answer, bad)];
  if (grownMb > 50) wrong.push(`memory grew by ${grownMb} MB`);
  if (stand.forwarded() !== before) wrong.push('something was forwarded');
  if (bad.reason !== null) wrong.push(...(await judgeRecord(stand, bad, refOf(answer))));
  const next = bad.era === 'legacy' ? await call(stand.legacy, 'next', 'local__echo', { text: bad.name }) : await nextModern(stand, bad);
  if (!textOf(next).includes(bad.name.slice(0, 20))) wrong.push(`the next call: ${next.status} ${next.body.slice(0, 200)}`);
  return wrong;
}

const nextModern = (stand: Stand, bad: BadInput) =>
  modern(stand.caller, 'next', 'tools/call', { name: 'local__echo', arguments: { text: bad.name } });

export const refOf = (answer: BareAnswer): string => /\(ref ([0-9A-Z]{26})\)/.exec(answer.body)?.[1] ?? '';

export function askOf(stand: Stand, bad: BadInput, from: number): BareAsk {
  const { body = callText(bad.era), headers = {} } = bad;
  const changed = typeof headers === 'function' ? headers(stand) : headers;
  const all: Record<string, string | null | readonly string[]> = { ...stand.headers(bad.era), ...changed };
  const bytes = typeof body === 'function' ? null : Buffer.from(body);
  if (bytes !== null && bad.verb !== 'GET' && all['content-length'] === undefined && all['transfer-encoding'] === undefined)
    all['content-length'] = String(bytes.length);
  const pairs = Object.entries(all).flatMap(([name, value]) =>
    value === null ? [] : typeof value === 'string' ? [[name, value] as const] : value.map((one) => [name, one] as const),
  );
  return {
    url: stand.gateway.mcp,
    headers: pairs,
    from,
    timeoutMs: (bad.withinMs ?? 5000) + 2000,
    ...(bad.verb === undefined ? {} : { verb: bad.verb }),
    ...(bad.path === undefined ? {} : { path: bad.path }),
    ...(bad.verb === 'GET' ? {} : { body: typeof body === 'function' ? (body() ?? []) : [bytes ?? ''] }),
  };
}

function judgeAnswer(answer: BareAnswer, bad: BadInput): readonly string[] {
  const wrong: string[] = [];
  if (answer.status !== bad.status) wrong.push(`status ${answer.status}, not ${bad.status}: ${answer.body.slice(0, 200)}`);
  if (answer.tookMs > (bad.withinMs ?? 5000)) wrong.push(`took ${Math.round(answer.tookMs)} ms`);
  if (bad.code === null || bad.verb === 'HEAD') return wrong;
  const error = answer.message?.['error'] as JsonObject | undefined;
  if (error?.['code'] !== bad.code) wrong.push(`code ${String(error?.['code'])}, not ${bad.code}`);
  if (answer.message?.['jsonrpc'] !== '2.0') wrong.push('no JSON-RPC answer');
  if (answer.message?.['id'] !== (bad.id ?? null))
    wrong.push(`id ${JSON.stringify(answer.message?.['id'])}, not ${JSON.stringify(bad.id ?? null)}`);
  if (refOf(answer) === '') wrong.push('no ref in the text');
  return wrong;
}

async function judgeRecord(stand: Stand, bad: BadInput, ref: string): Promise<readonly string[]> {
  if (bad.verb === 'HEAD') return [];
  const shown = await stand.gateway.admin('GET', `/log/${ref}`);
  const items = (shown.body['items'] ?? []) as readonly { readonly record: JsonObject }[];
  const told = items.map(({ record }) => `${String(record['kind'])} ${String(record['status'])} ${String(record['reason'])}`);
  const expected = `refusal refused ${bad.reason}`;
  return told.length === 1 && told[0] === expected ? [] : [`recorded as ${JSON.stringify(told)}, not ${expected}`];
}

/** Megabytes by which resident memory grew at its peak: the kernel's own high-water mark where there is one. */
function watchMemory(): () => number {
  const before = process.memoryUsage.rss();
  const reset = process.platform === 'linux' && resetPeak();
  return () => {
    const peak = reset ? peakOf() : process.memoryUsage.rss();
    return Math.round((peak - before) / 1_048_576);
  };
}

function resetPeak(): boolean {
  try {
    writeFileSync('/proc/self/clear_refs', '5');
    return true;
  } catch {
    return false;
  }
}

const peakOf = (): number => Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0) * 1024;
