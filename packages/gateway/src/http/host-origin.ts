/** Which names a listener answers to. Built once, when its port is known. */
export interface HostRules {
  readonly hosts: ReadonlySet<string>;
  readonly origins: ReadonlySet<string>;
}

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'];
const HOST = /^(\[[0-9a-f:.]{2,45}\]|[a-z0-9_](?:[a-z0-9_.-]{0,252}))(?::([0-9]{1,5}))?$/;

/**
 * @param names hosts by which the listener is reached from outside, `name` (the scheme's default port) or `name:port`;
 * @param origins extra web origins that may call, such as `https://inspector.example`.
 * Loopback names hold with the listener's own port only: a page on another local port is another origin.
 */
export function hostRules(options: {
  readonly secure: boolean;
  readonly port: number;
  readonly names: readonly string[];
  readonly origins: readonly string[];
}): HostRules {
  const usual = options.secure ? 443 : 80;
  const hosts = new Set<string>();
  for (const name of LOOPBACK_NAMES) hosts.add(`${name}:${options.port}`);
  for (const name of options.names) hosts.add(withPort(name.toLowerCase(), usual) ?? '');
  hosts.delete('');
  const scheme = options.secure ? 'https' : 'http';
  const origins = new Set(
    [...hosts].map((host) => `${scheme}://${host.endsWith(`:${usual}`) ? host.slice(0, -`:${usual}`.length) : host}`),
  );
  for (const origin of options.origins) origins.add(origin.toLowerCase());
  return { hosts, origins };
}

/** DNS rebinding: a page whose name was pointed at this address carries that name in Host. One header, one spelling, in the list. */
export function isHostAllowed(header: string | undefined, rules: HostRules, secure: boolean): boolean {
  if (header === undefined) return false;
  const host = withPort(header.toLowerCase(), secure ? 443 : 80);
  return host !== null && rules.hosts.has(host);
}

/** No Origin: no browser, or a navigation that cannot carry our headers. Any other must be in the list; `null` never is (sandboxed frames). */
export function isOriginAllowed(header: string | undefined, rules: HostRules): boolean {
  return header === undefined || rules.origins.has(header.toLowerCase());
}

function withPort(host: string, usual: number): string | null {
  const match = HOST.exec(host);
  if (match === null) return null;
  const port = match[2] === undefined ? usual : Number(match[2]);
  return port >= 1 && port <= 65_535 ? `${match[1]}:${port}` : null;
}
