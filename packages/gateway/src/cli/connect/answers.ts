import type { IncomingMessage } from 'node:http';
import type { JsonObject } from '../../contracts/json.ts';
import { classify, isObject, parseStrict, type RpcError, type RpcId } from '../../protocol/index.ts';
import { bodyOf } from './messages.ts';

/** What the bridge itself answers. Codes lie outside -32768 to -32000, as the specification asks. */
export const ANSWERS = {
  unreachable: (detail: string): RpcError => ({
    code: 50300,
    message: `Sallyport cannot be reached (${detail}). Nothing was forwarded. This connection goes on by itself once Sallyport runs again.`,
  }),
  lost: (): RpcError => ({
    code: 50200,
    message:
      'The connection to Sallyport ended before the answer came. Whether the call acted is not known: look before you repeat it. ' +
      'This connection goes on by itself.',
  }),
  unreadable: (detail: string): RpcError => ({ code: 50200, message: `Sallyport's answer cannot be read (${detail}).` }),
  revisionChanged: (before: string, now: string): RpcError => ({
    code: 50200,
    message: `After its restart Sallyport speaks MCP ${now}, and this client began with ${before}: restart this server in your client.`,
  }),
  tooMany: (most: number): RpcError => ({ code: 42900, message: `At most ${most} requests wait for an answer at a time.` }),
} as const;

export const errorText = (id: RpcId | null, { code, message, data }: RpcError): string =>
  JSON.stringify({ jsonrpc: '2.0', id, error: data === undefined ? { code, message } : { code, message, data } });

/** What an answer other than 200 says: the gateway's own error where it sent one, with how long to wait. */
export async function refusalOf(response: IncomingMessage): Promise<RpcError> {
  const status = response.statusCode ?? 500;
  const body = await bodyOf(response);
  const parsed = body === null ? null : parseStrict(body);
  const message = parsed?.ok ? classify(parsed.value.value) : null;
  const error: RpcError =
    message?.ok && message.value.kind === 'error'
      ? message.value.error
      : { code: status * 100, message: `What answers at this address is not Sallyport, or something stands between: HTTP ${status}.` };
  const seconds = Number(response.headers['retry-after']);
  if (!Number.isSafeInteger(seconds)) return error;
  const data: JsonObject = isObject(error.data) ? error.data : {};
  return { ...error, data: { ...data, retryAfterSeconds: seconds } };
}
