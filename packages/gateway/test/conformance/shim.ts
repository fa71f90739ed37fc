import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * The suite can send no key, so this puts it in; everything else goes on as it came, both ways. Host and Origin keep their names: only where they
 * name this listener's port is it the gateway's instead, which has no other way to know that it was meant. For tests alone, on loopback alone.
 */
export interface Shim {
  /** The URL of a path of the gateway, through the shim. */
  url(path: string): string;
  close(): Promise<void>;
}

export async function openShim(gateway: URL, key: string): Promise<Shim> {
  let port = 0;
  const server = createServer((request, response) => relay(request, response, { gateway, key, port }));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
  return {
    url: (path) => `http://localhost:${port}${path}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Between {
  readonly gateway: URL;
  readonly key: string;
  readonly port: number;
}

function relay(request: IncomingMessage, response: ServerResponse, { gateway, key, port }: Between): void {
  const headers: string[] = ['authorization', `Bearer ${key}`];
  for (let i = 0; i + 1 < request.rawHeaders.length; i += 2) {
    const [name = '', value = ''] = [request.rawHeaders[i], request.rawHeaders[i + 1]];
    headers.push(name, /^(?:host|origin)$/i.test(name) ? value.replace(new RegExp(`:${port}$`), `:${gateway.port}`) : value);
  }
  const onward = httpRequest(
    { host: gateway.hostname, port: gateway.port, method: request.method, path: request.url, headers: headers as never, setHost: false },
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      response.flushHeaders();
      answer.pipe(response);
      answer.once('error', () => response.destroy());
    },
  );
  onward.once('error', () => response.destroy());
  // A client that goes away has to be seen to go by the gateway too.
  response.once('close', () => onward.destroy());
  request.pipe(onward);
}
