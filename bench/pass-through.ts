/**
 * The bare pass-through: node:http and undici `Pool.dispatch`, headers copied, answers streamed, no control at all.
 * It is the fastest sensible proxy on this runtime, the measure that the gateway's cost is a multiple of.
 * `--upstream URL`; prints `{"mcp","pid"}` and ends when its stdin ends.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { type Dispatcher, Pool } from 'undici';
import { announce } from './announce.ts';

const { values: options } = parseArgs({ options: { upstream: { type: 'string' } } });
if (options.upstream === undefined) throw new Error('--upstream URL is required');
const upstream = new URL(options.upstream);
const pool = new Pool(upstream.origin, { connections: 128, pipelining: 1 });

/** Headers that belong to one connection (RFC 9110 section 7.6.1), or that the next client sets itself. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'transfer-encoding',
  'te',
  'trailer',
  'upgrade',
  'host',
  'content-length',
  'expect',
]);

const requestHeaders = (request: IncomingMessage): string[] => {
  const raw = request.rawHeaders;
  const copied: string[] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at] ?? '';
    if (!HOP_BY_HOP.has(name.toLowerCase())) copied.push(name, raw[at + 1] ?? '');
  }
  return copied;
};

const answerTo = (response: ServerResponse): Dispatcher.DispatchHandler => ({
  onRequestStart(controller) {
    response.on('close', () => {
      if (!response.writableFinished) controller.abort(new Error('client went away'));
    });
  },
  onResponseStart(_controller, status, headers) {
    delete headers['connection'];
    delete headers['keep-alive'];
    delete headers['transfer-encoding'];
    response.writeHead(status, headers as Record<string, string | string[]>);
  },
  onResponseData(controller, chunk) {
    if (response.write(chunk)) return;
    controller.pause();
    response.once('drain', () => controller.resume());
  },
  onResponseEnd() {
    response.end();
  },
  onResponseError() {
    if (response.headersSent) response.destroy();
    else response.writeHead(502).end();
  },
});

const forward = (request: IncomingMessage, response: ServerResponse, chunks: readonly Buffer[]): void => {
  const [first] = chunks;
  const body = chunks.length > 1 ? Buffer.concat(chunks) : (first ?? null);
  const method = (request.method ?? 'POST') as Dispatcher.HttpMethod;
  pool.dispatch({ path: request.url ?? '/', method, headers: requestHeaders(request), body }, answerTo(response));
};

const server = createServer({ keepAliveTimeout: 120_000 }, (request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => forward(request, response, chunks));
});

server.listen(0, '127.0.0.1', () => announce({ mcp: `http://127.0.0.1:${(server.address() as AddressInfo).port}${upstream.pathname}` }));
