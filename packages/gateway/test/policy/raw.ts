import { type Agent, request } from 'node:http';

/** One exchange, every byte of its head as it came. */
export interface RawAnswer {
  readonly status: number;
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

export interface RawAsk {
  readonly agent: Agent;
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Leaves once the head and the first bytes are there: for streams that stay open. */
  readonly leave?: boolean;
}

const STREAMS = /^(text\/event-stream|application\/x-ndjson)/;

export function ask({ agent, url, method, headers, body, leave = false }: RawAsk): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const outgoing = request(url, { agent, method, headers: { ...headers, ...length } }, (response) => {
      const chunks: Buffer[] = [];
      const done = (): void =>
        resolve({ status: response.statusCode ?? 0, rawHeaders: response.rawHeaders, body: Buffer.concat(chunks).toString() });
      const streams = leave && STREAMS.test(response.headers['content-type'] ?? '');
      if (streams) {
        response.on('error', () => undefined);
        done();
        outgoing.destroy();
        return;
      }
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', done);
      response.on('error', reject);
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
