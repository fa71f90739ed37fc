import type { ServerResponse } from 'node:http';

/** What a health path answers without a key; it says nothing but whether. */
export interface Health {
  readonly status: 200 | 503;
  readonly body: string;
}

const LIVE: Health = { status: 200, body: '{"status":"live"}' };
const READY: Health = { status: 200, body: '{"status":"ready"}' };

/** `/healthz`: the process answers. `/readyz`: a call would be taken; not while draining, and not while nothing can be recorded. Null for other paths. */
export function healthOf(path: string, state: { readonly draining: boolean; readonly recording: boolean }): Health | null {
  if (path === '/healthz') return LIVE;
  if (path !== '/readyz') return null;
  if (state.draining) return { status: 503, body: '{"status":"draining"}' };
  return state.recording ? READY : { status: 503, body: '{"status":"not recording"}' };
}

export function sendHealth(response: ServerResponse, { status, body }: Health): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
  });
  response.end(body);
}
