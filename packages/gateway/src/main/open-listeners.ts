import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Result, success } from '../base/result.ts';
import type { ReadyListener } from '../config/index.ts';
import type { Reason } from '../contracts/reasons/index.ts';
import type { StartOptions } from '../contracts/running.ts';
import { type HostRules, hostRules, type Listener, listen } from '../http/index.ts';
import { findPort } from './find-port.ts';

/** Until the port is known, no name is ours. */
export const NOBODY: HostRules = { hosts: new Set(), origins: new Set() };

/** The names that a listener answers to. One without a port is reached by the usual port and by its own. */
export function rulesFor({ names, origins, tls }: ReadyListener, port: number): HostRules {
  const all = names.flatMap((name) => (/:\d+$/.test(name) ? [name] : [name, `${name}:${port}`]));
  return hostRules({ secure: tls !== null, port, names: all, origins });
}

/** How people reach it: by its first name, where it listens on every address. */
export function urlFor({ names, tls, host }: ReadyListener, port: number): string {
  const [name] = names;
  const scheme = tls === null ? 'http' : 'https';
  const own = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const isEverywhere = host === '0.0.0.0' || host === '::';
  return `${scheme}://${isEverywhere && name !== undefined ? (/:\d+$/.test(name) ? name : `${name}:${port}`) : own}`;
}

export const tlsOf = ({ tls }: ReadyListener): { readonly cert: string; readonly key: string } | null =>
  tls === null ? null : { cert: tls.cert, key: tls.key.reveal() };

const PORT = 8080;
export const ADMIN_PORT = 8081;

/** Opens the clients' listener where the command line says, else where the file says, else at the usual place. */
export function listenForClients(
  plan: ReadyListener,
  { port, nextFreePort, progress }: StartOptions,
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Result<Listener, Reason>> {
  const wish = { port: port ?? plan.port ?? PORT, nextFree: nextFreePort, option: '--port' as const, tell: progress };
  return findPort<Listener>(wish, async (chosen) => {
    const opened = await listen({ place: { host: plan.host, port: chosen }, tls: tlsOf(plan) }, handle);
    return opened.ok ? success(opened.value) : opened;
  });
}
