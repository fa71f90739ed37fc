import type { JsonObject } from '../contracts/json.ts';
import type { Reason } from '../contracts/reasons/index.ts';
import type { TargetKind } from '../contracts/target.ts';
import type { Deny } from '../contracts/verdict.ts';
import { MODERN, REVISIONS } from '../protocol/index.ts';
import type { Answer } from './downstream/answer.ts';
import type { Budget, Frame, Partially } from './exchange.ts';
import { REPLIES, type Row } from './reply.ts';

/** Results of `tools/call` carry refusals from this revision on; before it they are JSON-RPC errors. */
const READABLE_REFUSALS = new Set(['2025-11-25', '2026-07-28']);

export interface Wire {
  readonly status: number;
  readonly json: string;
}

/** The one way from a denial to what the client reads. Every text ends with the reference that finds the record. */
export function refusalOf(exchange: Partially, denied: Deny, meta: JsonObject | null = null): Wire {
  const row: Row = REPLIES[denied.reason];
  const frame = exchange.frame ?? null;
  const text = `${sentence(namedFor(row, exchange), denied)} (ref ${exchange.id})`;
  const id = JSON.stringify(frame?.id ?? denied.of?.id ?? null);
  if (row.as === 'tool' && frame?.plan.class === 'call' && READABLE_REFUSALS.has(frame.revision)) {
    return { status: 200, json: `{"jsonrpc":"2.0","id":${id},"result":${JSON.stringify(refusedResult(text, frame, meta))}}` };
  }
  const code = frame?.era === 'modern' ? (row.modernCode ?? row.code) : row.code;
  const error = { code, message: text, data: { ref: exchange.id, ...versions(denied), ...required(denied), ...missing(denied) } };
  return { status: statusOf(row, frame, denied), json: `{"jsonrpc":"2.0","id":${id},"error":${JSON.stringify(error)}}` };
}

/** The table speaks of tools: whoever asked for something else reads what that is. */
function namedFor(row: Row, { target }: Partially): Row {
  if (target == null || target.kind === 'tool' || !row.text.includes(THIS_TOOL)) return row;
  return { ...row, text: row.text.replaceAll(THIS_TOOL, `this ${NOUNS[target.kind]}`) };
}

const THIS_TOOL = 'this tool';
const NOUNS: Readonly<Record<TargetKind, string>> = {
  tool: 'tool',
  prompt: 'prompt',
  template: 'resource template',
  resource: 'resource',
};

function sentence(row: Row, denied: Deny): string {
  if (row.shown !== true || denied.shown === undefined || denied.shown === '') return row.text;
  if (row.joined === true) return `${row.text}${denied.shown.startsWith('"') ? ' ' : ': '}${denied.shown}`;
  return /[.]$/.test(row.text) ? `${row.text} ${denied.shown}` : `${row.text}: ${denied.shown}`;
}

function refusedResult(text: string, frame: Frame, meta: JsonObject | null): JsonObject {
  const result = { content: [{ type: 'text', text }], isError: true, ...(meta === null ? {} : { _meta: meta }) };
  return frame.era === 'modern' ? { ...result, resultType: 'complete' } : result;
}

// A legacy client reads a JSON-RPC error of a request it sent with HTTP 200; what never became a request has the transport's status.
function statusOf(row: Row, frame: Frame | null, denied: Deny): number {
  const asked = frame === null ? wasRequest(denied) && READ.has(row.code) : frame.era === 'legacy' && frame.kind === 'request';
  return asked && (row.as === 'protocol' || row.as === 'tool') ? 200 : row.http;
}

/** The status that goes with an error which a server gave: the stateless revision binds some codes to one (MCP 2026-07-28, transports). */
export const statusOfError = ({ era }: Pick<Frame, 'era'>, code: number): number => (era === 'modern' ? (BOUND[code] ?? 200) : 200);

const BOUND: Readonly<Record<number, number>> = { [-32020]: 400, [-32021]: 400, [-32022]: 400, [-32601]: 404 };

const wasRequest = ({ of }: Deny): boolean => of?.era === 'legacy' && of.id !== null;

/** Refusals of a message that was a request: its method or its params were not accepted. */
const READ = new Set([-32601, -32602]);

// A stateless client reads what `server/discover` lists too: a stateful revision is begun by `initialize` and never named in `_meta`.
function versions({ reason, shown, of, supported: told }: Deny): JsonObject {
  if (reason !== 'protocol.unsupported_version' && reason !== 'gateway.other_era') return {};
  const supported = told ?? (of?.era === 'legacy' ? [...REVISIONS].reverse() : [MODERN]);
  return { supported, ...(shown === undefined ? {} : { requested: shown }) };
}

const required = ({ requires }: Deny): JsonObject => (requires === undefined ? {} : { requiredCapabilities: requires });

// The URI that there is nothing at, as its reader named it (MCP 2026-07-28, resources, "Error Handling").
const missing = ({ reason, shown }: Deny): JsonObject => (shown !== undefined && NO_RESOURCE.has(reason) ? { uri: shown } : {});

const NO_RESOURCE: ReadonlySet<Reason> = new Set(['gateway.unknown_resource', 'gateway.hidden_resource', 'gateway.drifted_resource']);

/** Heads that go with a refusal: how long to wait, how to authenticate, which verbs there are. */
export function headRefusal(answer: Answer, denied: Deny): void {
  const row: Row = REPLIES[denied.reason];
  if (row.http === 401) answer.header('www-authenticate', 'Bearer realm="sallyport"');
  if (row.http === 405) answer.header('allow', 'POST, GET, DELETE');
  if (denied.retryAfterSeconds !== undefined) answer.header('retry-after', String(denied.retryAfterSeconds));
}

/** RateLimit fields as draft-ietf-httpapi-ratelimit-headers-10 writes them: lists, of the principal's budget and of what its server or tool takes. */
export function headBudget(answer: Answer, { charge }: Budget, { snapshot, place }: Pick<Partially, 'snapshot' | 'place'>): void {
  if (charge === null) return;
  const { requestsPerMinute, burst } = snapshot.settings.rate;
  let policy = `"principal";q=${requestsPerMinute + burst};w=60`;
  let left = `"principal";r=${charge.remaining};t=${charge.resetSeconds}`;
  for (const one of place?.charges ?? []) {
    policy += `, "${one.of}";q=${one.most};w=60`;
    left += `, "${one.of}";r=${one.charge.remaining};t=${one.charge.resetSeconds}`;
  }
  answer.header('ratelimit-policy', policy);
  answer.header('ratelimit', left);
}

export const resultOf = (id: Frame['id'], resultJson: string): string =>
  `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${resultJson}}`;

export const errorOf = (id: Frame['id'], error: JsonObject): string =>
  `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"error":${JSON.stringify(error)}}`;
