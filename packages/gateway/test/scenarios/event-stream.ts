import type { JsonObject } from '../../src/contracts/json.ts';
import { BOTH, type Caller } from './wire.ts';

export interface ServerEvent {
  readonly id: string | null;
  readonly retry: number | null;
  readonly data: string;
  /** The message in `data`; null where it is empty. */
  readonly message: JsonObject | null;
}

/** An event stream as its client sees it, one event at a time. */
export interface EventStream {
  readonly status: number;
  readonly body: string;
  /** The next event; null once the stream has ended. Comments are none. */
  next(): Promise<ServerEvent | null>;
  /** Every event until the end. */
  rest(): Promise<readonly ServerEvent[]>;
  /** Goes away without a word, as a lost connection does. */
  drop(): void;
}

/** A GET, with `lastEventId` one that resumes; a POST where there is a body. */
export async function openEvents(
  caller: Caller,
  of: { readonly lastEventId?: string; readonly body?: JsonObject } = {},
): Promise<EventStream> {
  const away = new AbortController();
  const response = await fetch(caller.mcp, {
    method: of.body === undefined ? 'GET' : 'POST',
    headers: {
      ...caller.headers,
      accept: of.body === undefined ? 'text/event-stream' : BOTH,
      authorization: `Bearer ${caller.key}`,
      ...(of.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(of.lastEventId === undefined ? {} : { 'last-event-id': of.lastEventId }),
    },
    ...(of.body === undefined ? {} : { body: JSON.stringify(of.body) }),
    signal: away.signal,
  });
  const isStream = (response.headers.get('content-type') ?? '').startsWith('text/event-stream');
  const events = isStream ? read(response) : none();
  const next = async (): Promise<ServerEvent | null> => (await events.next()).value ?? null;
  return {
    status: response.status,
    body: isStream ? '' : await response.text(),
    next,
    async rest() {
      const all: ServerEvent[] = [];
      for (let event = await next(); event !== null; event = await next()) all.push(event);
      return all;
    },
    drop: () => away.abort(),
  };
}

// biome-ignore lint/correctness/useYield: an answer that is no stream has no events
async function* none(): AsyncGenerator<ServerEvent, null> {
  return null;
}

async function* read(response: Response): AsyncGenerator<ServerEvent, null> {
  let text = '';
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk;
    for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
      const block = text.slice(0, end);
      text = text.slice(end + 2);
      if (!block.startsWith(':')) yield eventIn(block);
    }
  }
  return null;
}

function eventIn(block: string): ServerEvent {
  const field = (name: string): string | null => new RegExp(`^${name}: ?(.*)$`, 'm').exec(block)?.[1] ?? null;
  const [data, retry] = [field('data') ?? '', field('retry')];
  return {
    id: field('id'),
    retry: retry === null ? null : Number(retry),
    data,
    message: data === '' ? null : (JSON.parse(data) as JsonObject),
  };
}
