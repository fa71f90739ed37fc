import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { createInterface } from 'node:readline';
import type { ZodType } from 'zod';
import { errorBody } from '../admin/index.ts';
import type { Connection } from './connection.ts';
import { CommandError, EXIT } from './exit.ts';
import { sanitize } from './render/sanitize.ts';

const ANSWER_BYTES = 64 * 1024 * 1024;
/** Registering a server starts it and lists what it offers: the longest that a verb takes. */
const ANSWER_MS = 120_000;

type Method = 'GET' | 'POST' | 'DELETE';

/** The verbs of the administration API as a command uses them. */
export interface Api {
  /** The answer, checked against its schema. Refusals and unreachable gateways end the command. */
  call<T>(method: Method, path: string, schema: ZodType<T>, body?: unknown): Promise<T>;
  /** Lines as they come, until the other end or the reader ends it. */
  follow<T>(path: string, schema: ZodType<T>, onItem: (item: T) => void): Promise<void>;
}

export const api = (connection: Connection): Api => ({
  async call(method, path, schema, body) {
    const response = await send(connection, method, path, body, ANSWER_MS);
    const answer = parsed(await textOf(response));
    refuse(response, answer);
    return checked(schema, answer);
  },
  async follow(path, schema, onItem) {
    const response = await send(connection, 'GET', path, undefined, 0);
    if (response.statusCode !== 200) refuse(response, parsed(await textOf(response)));
    for await (const line of createInterface({ input: response, crlfDelay: Number.POSITIVE_INFINITY })) {
      if (line !== '') onItem(checked(schema, parsed(line)));
    }
  },
});

function send(connection: Connection, method: Method, path: string, body: unknown, timeout: number): Promise<IncomingMessage> {
  const payload = body === undefined ? null : Buffer.from(JSON.stringify(body));
  const headers = {
    authorization: `Bearer ${connection.key.reveal()}`,
    accept: 'application/json',
    ...(connection.why === null ? {} : { 'sallyport-reason': encodeURIComponent(connection.why) }),
    ...(payload === null ? {} : { 'content-type': 'application/json', 'content-length': payload.length }),
  };
  const { to } = connection;
  const place =
    'socketPath' in to
      ? { socketPath: to.socketPath, headers: { ...headers, host: 'localhost' } }
      : { hostname: to.url.hostname.replace(/^\[|\]$/g, ''), port: to.url.port, headers };
  const start = 'url' in to && to.url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const outgoing = start({ ...place, method, path, timeout, agent: false });
    outgoing.once('response', resolve);
    outgoing.once('timeout', () => outgoing.destroy(new Error('no answer in time')));
    outgoing.once('error', (error: NodeJS.ErrnoException) => reject(unreachable(connection, error)));
    outgoing.end(payload ?? undefined);
  });
}

function unreachable(connection: Connection, error: NodeJS.ErrnoException): CommandError {
  const nobody = error.code === 'ENOENT' || error.code === 'ECONNREFUSED';
  const what = nobody
    ? `No Sallyport answers at ${connection.shown}: it is not running.`
    : `${connection.shown} cannot be reached (${error.code ?? error.message}).`;
  return new CommandError(EXIT.unreachable, `${what} Start it: ${connection.start} (or npm start for the demo).`, { at: connection.shown });
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > ANSWER_BYTES) throw new CommandError(EXIT.refused, 'The answer is larger than 64 MB. Ask for less: --limit N.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new CommandError(EXIT.unreachable, 'What answers there is not the administration API of Sallyport. Check --url and --data.');
  }
}

function refuse(response: IncomingMessage, answer: unknown): void {
  if ((response.statusCode ?? 500) < 400) return;
  const body = errorBody.safeParse(answer);
  if (!body.success)
    throw new CommandError(EXIT.unreachable, 'What answers there is not the administration API of Sallyport. Check --url and --data.');
  const { reason, message, ref, fields } = body.data.error;
  const lines = (fields ?? []).map((field) => `\n  ${sanitize(field.path)}: ${sanitize(field.message)}`);
  throw new CommandError(EXIT.refused, `${sanitize(message)}${lines.join('')}\n  ${reason} · sallyport log show ${ref}`, body.data.error);
}

function checked<T>(schema: ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new CommandError(EXIT.refused, 'The gateway answers in a form that this CLI does not know: one of them is of another version.');
}
