import { LIMITS } from '../../base/limits.ts';
import { failure, type Result, success } from '../../base/result.ts';
import type { JsonObject, JsonValue } from '../../contracts/json.ts';
import {
  classify,
  type LargeReader,
  parseStrict,
  type Revision,
  type RpcError,
  type RpcId,
  type StrictJson,
  sliceResult,
} from '../../protocol/index.ts';

/** One message of a server, its shape checked once. */
export type Incoming =
  | { readonly kind: 'result'; readonly id: RpcId; readonly result: JsonObject; readonly text: string }
  | { readonly kind: 'error'; readonly id: RpcId | null; readonly code: number; readonly message: string; readonly data?: JsonValue }
  | { readonly kind: 'request'; readonly id: RpcId; readonly method: string; readonly params: JsonObject }
  | { readonly kind: 'notification'; readonly method: string; readonly params: JsonObject };

/** What came as one text: a message, or in MCP 2025-03-26 several of them. */
export type Received = Incoming | { readonly kind: 'batch'; readonly members: readonly Incoming[] };

export type Read = Result<Received, 'gateway.upstream_garbage' | 'gateway.upstream_too_large'>;

/** The one revision that has batches. */
export const BATCHING: Revision = '2025-03-26';

/** How much of an error's text is kept, and up to how many characters of JSON its data is. */
const ERROR_TEXT = 2000;
const ERROR_DATA = 65_536;

/**
 * Reads one message under the strict rules of the protocol room.
 * @param batches whether the server speaks 2025-03-26, in which messages may come together (MCP 2025-03-26, batching); else a batch is garbage.
 */
export function readMessage(bytes: Uint8Array, batches = false): Read {
  if (bytes.length > LIMITS.bodyBytes) return failure('gateway.upstream_too_large');
  const parsed = parseStrict(bytes);
  if (!parsed.ok) return failure('gateway.upstream_garbage', `${parsed.reason} ${parsed.detail ?? ''}`.trimEnd());
  return receivedOf(parsed.value, batches);
}

/** The same in a thread (DESIGN section 4, "Large bodies"): what would hold up every other call for longer than a moment. Never rejects. */
export async function readLargeMessage(bytes: Uint8Array, large: LargeReader, batches = false): Promise<Read> {
  if (bytes.length > LIMITS.bodyBytes) return failure('gateway.upstream_too_large');
  const parsed = await large.read(bytes);
  if (parsed.ok) return receivedOf(parsed.value, batches);
  const detail = `${parsed.reason} ${parsed.detail ?? ''}`.trimEnd();
  return failure(parsed.reason === 'protocol.reading_too_slow' ? 'gateway.upstream_too_large' : 'gateway.upstream_garbage', detail);
}

type One = Result<Incoming, 'gateway.upstream_garbage'>;

function receivedOf({ value, text }: StrictJson, batches: boolean): Read {
  if (!batches || !Array.isArray(value)) return incomingOf(value, text);
  const members: Incoming[] = [];
  if (value.length === 0 || value.length > LIMITS.batchMembers)
    return failure('gateway.upstream_garbage', `a batch of ${value.length} messages`);
  for (const item of value) {
    const member = incomingOf(item, null);
    if (!member.ok) return member;
    members.push(member.value);
  }
  return success({ kind: 'batch', members });
}

/** @param text canonical text of the whole message; null for a member of a batch, whose result is written again. */
function incomingOf(value: JsonValue, text: string | null): One {
  const message = classify(value);
  if (!message.ok) return failure('gateway.upstream_garbage', `${message.reason} ${message.detail ?? ''}`.trimEnd());
  const read = message.value;
  switch (read.kind) {
    case 'result': {
      const whole = value as JsonObject & { readonly result: JsonObject };
      const own = text === null ? JSON.stringify(read.result) : sliceResult(text, whole);
      return success({ kind: 'result', id: read.id, result: read.result, text: own });
    }
    case 'error':
      return success({
        kind: 'error',
        id: read.id,
        code: read.error.code,
        message: read.error.message.slice(0, ERROR_TEXT),
        ...dataOf(read.error),
      });
    case 'request':
      return success({ kind: 'request', id: read.id, method: read.method, params: read.params ?? {} });
    case 'notification':
      return success({ kind: 'notification', method: read.method, params: read.params ?? {} });
    case 'batch':
      return failure('gateway.upstream_garbage', 'a batch');
  }
}

const dataOf = ({ data }: RpcError): { readonly data?: JsonValue } =>
  data === undefined || JSON.stringify(data).length > ERROR_DATA ? {} : { data };

const NEAR_EDGE = 256;
const OWN_ID = /"id"\s*:\s*"([A-Za-z0-9_-]{17,40})"/;

/**
 * The id that an unreadable line seems to answer, so that its caller need not wait for the deadline. It is looked for near both ends and only ever
 * used to fail a call of the same session, which the server can do anyway.
 */
export function guessId(line: Uint8Array): string | null {
  const buffer = Buffer.from(line.buffer, line.byteOffset, line.byteLength);
  const head = OWN_ID.exec(buffer.toString('latin1', 0, NEAR_EDGE));
  const found = head ?? OWN_ID.exec(buffer.toString('latin1', Math.max(0, buffer.length - NEAR_EDGE)));
  return found?.[1] ?? null;
}
