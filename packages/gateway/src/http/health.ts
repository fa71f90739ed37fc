import type { IncomingMessage, ServerResponse } from 'node:http';

/** Why nothing would be taken now, as reasons; empty where a call would be. */
export type Readiness = () => Promise<readonly string[]>;

/** Paths that answer without a key. They say whether, and where not, the reason's name: nothing of any call, server or person. */
export const HEALTH_PATHS = ['/healthz', '/readyz'] as const;

/**
 * `/healthz`: the process answers. `/readyz`: a call would be taken; 503 with the reasons where it would not. False for every other path: then
 * nothing was answered.
 */
export function answerHealth(request: IncomingMessage, response: ServerResponse, ready: Readiness): boolean {
  const path = request.method === 'GET' ? HEALTH_PATHS.find((one) => one === request.url) : undefined;
  if (path === undefined) return false;
  if (path === '/healthz') send(response, 200, { status: 'live' });
  // Whatever cannot say that it is ready is not.
  else
    ready().then(
      (reasons) => sendReadiness(response, reasons),
      () => sendReadiness(response, ['gateway.fault']),
    );
  return true;
}

const sendReadiness = (response: ServerResponse, reasons: readonly string[]): void =>
  reasons.length === 0 ? send(response, 200, { status: 'ready' }) : send(response, 503, { status: 'not ready', reasons });

function send(response: ServerResponse, status: number, body: Readonly<Record<string, unknown>>): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
  });
  response.end(text);
}
