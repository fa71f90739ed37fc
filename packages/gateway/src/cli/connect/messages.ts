import type { IncomingMessage } from 'node:http';
import { LIMITS } from '../../base/limits.ts';
import type { JsonValue } from '../../contracts/json.ts';
import { classify, parseStrict, type RpcMessage, SseReader } from '../../protocol/index.ts';

/** One message of the gateway, read strictly; or why it is none. */
export type Received =
  | { readonly ok: true; readonly message: RpcMessage; readonly value: JsonValue; readonly text: string }
  | { readonly ok: false; readonly detail: string };

/** How far an event stream was read: where it can be taken up again. */
export interface StreamPosition {
  lastEventId: string | null;
  /** What the gateway asks to wait before; null where it asked nothing. */
  retryMs: number | null;
}

export const isStream = (response: IncomingMessage): boolean =>
  (response.headers['content-type'] ?? '').toLowerCase().startsWith('text/event-stream');

/** The messages of an answer as they come. A body that ends early or breaks off ends them; nothing is thrown. */
export async function* messagesOf(response: IncomingMessage, position: StreamPosition): AsyncGenerator<Received> {
  if (isStream(response)) yield* streamed(response, position);
  else {
    const body = await bodyOf(response);
    if (body === null) yield { ok: false, detail: 'the answer is larger than 10 MB, or broke off' };
    else if (body.length > 0) yield read(body);
  }
}

async function* streamed(response: IncomingMessage, position: StreamPosition): AsyncGenerator<Received> {
  const waiting: Received[] = [];
  const reader = new SseReader(
    (data, { id }) => {
      if (id !== null) position.lastEventId = id;
      if (data.length > 0) waiting.push(read(data));
    },
    {
      maxEventBytes: LIMITS.bodyBytes,
      onRetry: (ms) => {
        position.retryMs = ms;
      },
    },
  );
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      const more = reader.push(chunk);
      yield* waiting.splice(0);
      if (!more) {
        yield { ok: false, detail: 'an event is larger than 10 MB' };
        return;
      }
    }
  } catch {
    // Cut off: what had come is given, and whoever waits for more finds that it did not come.
  }
}

/** Null where it is too large or breaks off. */
export async function bodyOf(response: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > LIMITS.bodyBytes) return null;
      chunks.push(chunk);
    }
  } catch {
    return null;
  }
  return Buffer.concat(chunks);
}

function read(bytes: Buffer): Received {
  const parsed = parseStrict(bytes);
  if (!parsed.ok) return { ok: false, detail: parsed.reason };
  const message = classify(parsed.value.value);
  return message.ok ? { ok: true, message: message.value, ...parsed.value } : { ok: false, detail: message.detail ?? message.reason };
}
