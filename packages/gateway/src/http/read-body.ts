import type { IncomingMessage } from 'node:http';
import { failure, type Result, success } from '../base/result.ts';
import type { HttpReason } from '../contracts/reasons/http.ts';

export interface BodyLimits {
  /** Bytes of the body. One more is refused. */
  readonly maxBytes: number;
  /** From now to the body's last byte. */
  readonly deadlineMs: number;
}

export type BodyReason = Extract<
  HttpReason,
  'http.body_too_large' | 'http.body_too_slow' | 'http.body_incomplete' | 'http.content_encoding_not_allowed'
>;

/** Judges a body by its headers alone, so that nothing of it needs to be read. Null where it may be read. */
export function refuseByHeaders(request: IncomingMessage, maxBytes: number): BodyReason | null {
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') return 'http.content_encoding_not_allowed';
  const declared = request.headers['content-length'];
  return declared !== undefined && Number(declared) > maxBytes ? 'http.body_too_large' : null;
}

/** A body in chunks of one byte costs the parser a call and the heap a buffer for each. At this many, 10 MB come in pieces of 160 bytes. */
const MAX_PIECES = 65_536;

/**
 * Reads a whole body of at most `maxBytes`. Compressed bodies are refused (no client of MCP sends them, and a bomb needs no bound then). At most
 * the cap and one socket read (64 KiB) are taken from the network; after a failure nothing more is read, and the caller answers and closes.
 */
export function readBody(request: IncomingMessage, limits: BodyLimits): Promise<Result<Buffer, BodyReason>> {
  const refused = refuseByHeaders(request, limits.maxBytes);
  if (refused !== null) {
    stopReading(request);
    return Promise.resolve(failure(refused));
  }
  return new Promise((resolve) => collect(request, limits, resolve));
}

function collect(request: IncomingMessage, limits: BodyLimits, resolve: (result: Result<Buffer, BodyReason>) => void): void {
  const chunks: Buffer[] = [];
  let size = 0;
  const finish = (result: Result<Buffer, BodyReason>): void => {
    clearTimeout(timer);
    request.off('data', take).off('end', end).off('close', cut).off('error', cut);
    if (!result.ok) {
      stopReading(request);
      // An error after this point (a reset while we answer) concerns nobody, and unheard it would end the process.
      request.on('error', () => {});
    }
    resolve(result);
  };
  const take = (chunk: Buffer): void => {
    size += chunk.length;
    if (size > limits.maxBytes || chunks.length === MAX_PIECES) finish(failure('http.body_too_large'));
    else chunks.push(chunk);
  };
  const end = (): void => finish(success(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, size)));
  const cut = (): void => finish(failure('http.body_incomplete'));
  const timer = setTimeout(() => finish(failure('http.body_too_slow')), limits.deadlineMs);
  request.on('data', take).on('end', end).on('close', cut).on('error', cut);
}

/** How long a client that is still sending has to read its refusal. */
const LINGER_MS = 1000;

/**
 * Once the answer is out, Node reads what is left of the body to drop it, until the connection is closed: a socket that is paused whenever it is
 * resumed takes no byte more. Asked after this turn of the parser: a body whose end has come with its last read leaves the connection usable.
 */
function stopReading(request: IncomingMessage): void {
  request.pause();
  queueMicrotask(() => {
    if (request.complete) return;
    const { socket } = request;
    socket.on('resume', () => socket.pause());
    socket.pause();
    // A close with bytes unread is a reset, and a reset may overtake the answer (RFC 9112 section 9.6): first the end of what we say, then the close.
    socket.destroySoon = () => {
      socket.end();
      setTimeout(() => socket.destroy(), LINGER_MS).unref();
    };
  });
}
