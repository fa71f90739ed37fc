import type { IncomingMessage } from 'node:http';
import type { z } from 'zod';
import { failure, type Result, success } from '../base/result.ts';
import type { AdminReason } from '../contracts/reasons/admin.ts';
import type { HttpReason } from '../contracts/reasons/http.ts';
import type { IdentityReason } from '../contracts/reasons/identity.ts';
import type { Reason } from '../contracts/reasons/index.ts';
import { isContentTypeAllowed, readBody } from '../http/index.ts';
import { parseStrict } from '../protocol/index.ts';
import { ADMIN_LIMITS } from './limits.ts';
import type { Verb } from './verb.ts';

const BODY_MS = 10_000;
const CREDENTIAL_NAMES = new Set(['access_token', 'token', 'key', 'api_key', 'apikey', 'authorization']);
/** RFC 6750 section 2.1 and RFC 9110 section 11.4: the scheme in any case, one space, one token. */
const BEARER = /^bearer ([A-Za-z0-9._~+/-]{1,512}=*)$/i;

export interface FieldProblem {
  readonly path: string;
  readonly message: string;
}

export interface Input {
  readonly params: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly query: unknown;
  readonly purpose: string | null;
}

export type InputResult =
  | Result<Input, Reason>
  | { readonly ok: false; readonly reason: 'admin.request_invalid'; readonly fields: readonly FieldProblem[] };

export function bearerToken(request: IncomingMessage): Result<string, IdentityReason> {
  const query = queryOf(request);
  if ([...query.keys()].some((name) => CREDENTIAL_NAMES.has(name.toLowerCase()))) return failure('identity.credential_in_url');
  const header = request.headers.authorization;
  if (header === undefined) return failure('identity.credential_missing');
  const token = BEARER.exec(header)?.[1];
  return token === undefined ? failure('identity.credential_malformed') : success(token);
}

/** Why somebody does it, in their own words: what the header `Sallyport-Reason` says, percent-encoded UTF-8. Null where it is absent. */
export function purposeOf(request: IncomingMessage): string | null | { readonly wrong: FieldProblem } {
  const given = request.headers['sallyport-reason'];
  if (given === undefined) return null;
  const text = typeof given === 'string' ? decoded(given) : null;
  if (text !== null && text.length <= ADMIN_LIMITS.purposeCharacters && PRINTABLE.test(text)) return text;
  const message = `one line of text, percent-encoded, at most ${ADMIN_LIMITS.purposeCharacters} characters`;
  return { wrong: { path: 'header.sallyport-reason', message } };
}

/** No control character: it is printed on terminals. */
const PRINTABLE = /^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+$/u;

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text).trim();
  } catch {
    return null;
  }
}

export function queryOf(request: IncomingMessage): URLSearchParams {
  const url = request.url ?? '';
  const mark = url.indexOf('?');
  return new URLSearchParams(mark === -1 ? '' : url.slice(mark + 1, mark + 1 + ADMIN_LIMITS.queryBytes));
}

const hasBody = (request: IncomingMessage): boolean =>
  request.headers['transfer-encoding'] !== undefined || (request.headers['content-length'] ?? '0') !== '0';

/** Judges what is said about a body, before any of it is read. */
export function refuseBody(request: IncomingMessage, verb: Verb): HttpReason | AdminReason | null {
  if (!hasBody(request)) return null;
  if (verb.body === null && verb.method !== 'POST') return 'admin.body_not_allowed';
  return isContentTypeAllowed(request.headers['content-type'], ['application/json']) ? null : 'http.content_type_not_allowed';
}

/** Reads and validates everything that a verb takes. */
export async function readInput(request: IncomingMessage, verb: Verb, params: Readonly<Record<string, unknown>>): Promise<InputResult> {
  const body = await bodyOf(request, verb);
  if (!body.ok) return body;
  const query = singleValues(queryOf(request));
  if (query === null) return invalid([{ path: 'query', message: 'a parameter stands there twice, or the query is too long' }]);
  const purpose = purposeOf(request);
  const problems: FieldProblem[] = purpose !== null && typeof purpose === 'object' ? [purpose.wrong] : [];
  problems.push(...nulIn(body.value, 'body'), ...nulIn(query, 'query'), ...nulIn(params, 'path'));
  const checked = <T>(schema: z.ZodType<T> | null, value: unknown, path: string): unknown => {
    if (schema === null) {
      if (!isEmpty(value)) problems.push({ path, message: `this verb takes no ${path}` });
      return null;
    }
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    for (const issue of parsed.error.issues.slice(0, 20)) problems.push({ path: [path, ...issue.path].join('.'), message: issue.message });
    return null;
  };
  const input = {
    params: Object.fromEntries(Object.entries(verb.params).map(([name, schema]) => [name, String(checked(schema, params[name], name))])),
    body: checked(verb.body, body.value, 'body'),
    query: checked(verb.query, query, 'query'),
    purpose: typeof purpose === 'string' ? purpose : null,
  };
  return problems.length === 0 ? success(input) : invalid(problems);
}

/** Texts and names with a NUL character, wherever they stand: no name or text here has one, and PostgreSQL stores none. */
function nulIn(value: unknown, path: string): readonly FieldProblem[] {
  if (typeof value === 'string') return value.includes('\0') ? [{ path, message: 'has a NUL character' }] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value)
    .flatMap(([name, member]) => (name.includes('\0') ? nulIn(name, path) : nulIn(member, `${path}.${name}`)))
    .slice(0, 20);
}

const invalid = (fields: readonly FieldProblem[]): InputResult => ({ ok: false, reason: 'admin.request_invalid', fields });

const isEmpty = (value: unknown): boolean =>
  value === null || (typeof value === 'object' && !Array.isArray(value) && Object.keys(value).length === 0);

async function bodyOf(request: IncomingMessage, verb: Verb): Promise<Result<unknown, Reason>> {
  if (!hasBody(request)) return success(verb.body === null ? null : {});
  const bytes = await readBody(request, { maxBytes: ADMIN_LIMITS.bodyBytes, deadlineMs: BODY_MS });
  if (!bytes.ok) return bytes;
  const parsed = parseStrict(bytes.value);
  return parsed.ok ? success(parsed.value.value) : parsed;
}

function singleValues(query: URLSearchParams): Record<string, string> | null {
  const values: Record<string, string> = Object.create(null);
  for (const [name, value] of query) {
    if (name in values) return null;
    values[name] = value;
  }
  return { ...values };
}
