import type { JsonObject, JsonValue } from '../contracts/json.ts';
import type { TraceContext } from '../contracts/tracing.ts';
import { isObject } from './json-rpc.ts';

// W3C Trace Context, sections 3.2 and 3.3; W3C Baggage, section 3. Stricter than both: what is not exactly in form is left out, never mended.
const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;
const STATE_CHARACTERS = 512;
const STATE_MEMBERS = 32;
const STATE_MEMBER =
  /^(?:[a-z0-9][a-z0-9_\-*/]{0,240}@)?[a-z0-9][a-z0-9_\-*/]{0,240}=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;
/** The standard asks for 8192 at least; what passes here goes to servers of others, so it is kept small. */
const BAGGAGE_CHARACTERS = 2048;
const BAGGAGE_MEMBERS = 64;
const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const VALUE = '[\\x21\\x23-\\x2b\\x2d-\\x3a\\x3c-\\x5b\\x5d-\\x7e]*';
const BAGGAGE_MEMBER = new RegExp(`^${TOKEN}\\s*=\\s*${VALUE}(?:\\s*;\\s*${TOKEN}(?:\\s*=\\s*${VALUE})?)*$`);

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/**
 * The trace context of a request: of its `_meta` where that has one (unprefixed keys, as MCP reserves them), else of its HTTP headers. Null where there is
 * none that is in form. A broken one is no error: tracing never refuses a call.
 */
export function readTraceContext(headers: Headers, params: JsonObject | null): TraceContext | null {
  const meta = params?.['_meta'];
  const inMeta = isObject(meta) && (meta['traceparent'] !== undefined || meta['baggage'] !== undefined) ? meta : null;
  if (inMeta === null && headers['traceparent'] === undefined && headers['baggage'] === undefined) return null;
  const given: Headers | JsonObject = inMeta ?? headers;
  const traceparent = checked(given['traceparent'], (text) => TRACEPARENT.test(text));
  // Without its parent a state says nothing (W3C Trace Context, section 3.3.1).
  const tracestate = traceparent === null ? null : checked(given['tracestate'], isState);
  const baggage = checked(given['baggage'], isBaggage);
  return traceparent === null && baggage === null ? null : { traceparent, tracestate, baggage };
}

/** The members of `_meta`, and the headers, that carry a context on. */
export const writeTraceContext = ({ traceparent, tracestate, baggage }: TraceContext): Readonly<Record<string, string>> => ({
  ...(traceparent === null ? {} : { traceparent }),
  ...(tracestate === null ? {} : { tracestate }),
  ...(baggage === null ? {} : { baggage }),
});

const checked = (value: JsonValue | string[] | undefined, isInForm: (text: string) => boolean): string | null =>
  typeof value === 'string' && isInForm(value) ? value : null;

function isState(text: string): boolean {
  if (text.length === 0 || text.length > STATE_CHARACTERS) return false;
  const members = text.split(',').map((member) => member.trim());
  return members.length <= STATE_MEMBERS && members.every((member) => STATE_MEMBER.test(member));
}

function isBaggage(text: string): boolean {
  if (text.length === 0 || text.length > BAGGAGE_CHARACTERS || !/^[\x20-\x7e]+$/.test(text)) return false;
  const members = text.split(',').map((member) => member.trim());
  return members.length <= BAGGAGE_MEMBERS && members.every((member) => BAGGAGE_MEMBER.test(member));
}
