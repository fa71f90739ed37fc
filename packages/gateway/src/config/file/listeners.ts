import type { Deviation } from '../../contracts/settings.ts';
import { isLoopbackHost, normaliseAddress } from '../../http/index.ts';
import { type Mistake, mistake } from '../mistake.ts';
import type { Places } from './places.ts';
import type { FileListener, FileParts } from './schema.ts';

export const LISTENERS = ['gateway', 'admin'] as const;
export type ListenerName = (typeof LISTENERS)[number];

/** A listener as the file has it, completed. `tls` names files. */
export interface ListenerPlan {
  readonly host: string;
  /** Null: the default, or what the command line says. */
  readonly port: number | null;
  readonly names: readonly string[];
  readonly origins: readonly string[];
  readonly tls: { readonly cert: string; readonly key: string } | null;
}

export type ListenerPlans = Readonly<Record<ListenerName, ListenerPlan>>;

export interface PlannedListeners {
  readonly plans: ListenerPlans;
  /** Plain HTTP beyond loopback, as the deviations that it is. */
  readonly deviations: readonly Deviation[];
  readonly mistakes: readonly Mistake[];
}

const NAME = /^(?:[a-z0-9_](?:[a-z0-9_.-]{0,252})|\[[0-9a-f:.]{2,45}\])(?::[0-9]{1,5})?$/i;

/** @param today YYYY-MM-DD, by which permissions end. */
export function planListeners(parts: FileParts, places: Places, today: string): PlannedListeners {
  const mistakes: Mistake[] = [];
  const deviations: Deviation[] = [];
  const plan = (name: ListenerName): ListenerPlan => {
    const given: FileListener = parts.listeners?.[name] ?? {};
    const { host = '127.0.0.1', port = null, names = [], origins = [] } = given;
    const tls = given.plain_http !== undefined ? null : (given.tls ?? parts.tls ?? null);
    const refuse = (key: string, expected: string, got?: unknown): void => {
      const found = mistake({ reason: 'config.invalid', key: `listeners.${name}.${key}`, expected, got });
      mistakes.push({ ...found, position: places.valueAt(['listeners', name, ...key.split('.')]) });
    };
    const reach = reachOfHost(host);
    if (reach === null) refuse('host', 'an address, such as 127.0.0.1, ::1, 0.0.0.0 or ::', host);
    if (reach === 'beyond') judgeBeyond(given, tls !== null, refuse);
    if (given.plain_http !== undefined) {
      if (given.tls !== undefined) refuse('plain_http', 'either tls or plain_http');
      else if (given.plain_http.until < today) refuse('plain_http.until', 'a date that is not past', given.plain_http.until);
      else if (reach === 'beyond') deviations.push({ key: `listeners.${name}.plain_http`, value: true, ...given.plain_http });
      else refuse('plain_http', 'nothing on a loopback address: plain HTTP needs no permission there');
    }
    for (const [index, entry] of names.entries()) if (!NAME.test(entry)) refuse(`names.${index}`, 'a host, or a host with a port', entry);
    for (const [index, entry] of origins.entries())
      if (!isOrigin(entry)) refuse(`origins.${index}`, 'a web origin, such as https://inspector.example', entry);
    return { host, port, names, origins, tls };
  };
  const plans = { gateway: plan('gateway'), admin: plan('admin') };
  return { plans, deviations, mistakes };
}

function judgeBeyond(given: FileListener, isEncrypted: boolean, refuse: (key: string, expected: string) => void): void {
  if (!isEncrypted && given.plain_http === undefined)
    refuse('tls', 'tls: {cert, key}, since other machines reach this address (or plain_http: {reason, until}, which is recorded)');
  if ((given.names ?? []).length === 0)
    refuse('names', 'the hosts by which it is reached, such as mcp.example.com: any other is refused (DNS rebinding)');
}

/** Null: no address. A name could be pointed elsewhere after it was checked, so there is none but localhost. */
function reachOfHost(host: string): 'loopback' | 'beyond' | null {
  if (isLoopbackHost(host)) return 'loopback';
  return normaliseAddress(host) === null ? null : 'beyond';
}

const isOrigin = (text: string): boolean => URL.canParse(text) && new URL(text).origin === text.toLowerCase();
