import type { Configuration } from './configuration.ts';
import { LISTENERS } from './file/listeners.ts';
import { type Mistake, mistake } from './mistake.ts';

/** What of a new configuration takes a start: where a listener stands, whether it speaks TLS, and which engine keeps the state. */
export function movedListeners(current: Configuration, next: Configuration): readonly Mistake[] {
  const found: (readonly [readonly string[], string])[] = [];
  for (const name of LISTENERS) {
    const [now, then] = [current.listeners[name], next.listeners[name]];
    if (now.host !== then.host) found.push([['listeners', name, 'host'], `${now.host}, which is open; another takes a restart`]);
    if (now.port !== then.port)
      found.push([['listeners', name, 'port'], `${now.port ?? 'none'}, as at the start; another takes a restart`]);
    if ((now.tls === null) !== (then.tls === null))
      found.push([['listeners', name, 'tls'], `${now.tls === null ? 'plain HTTP' : 'TLS'}, as at the start; a change takes a restart`]);
  }
  if (current.storage?.url.reveal() !== next.storage?.url.reveal())
    found.push([['storage', 'postgres'], 'the engine of the start; another takes a restart']);
  if (current.file?.adminSocket !== next.file?.adminSocket)
    found.push([['listeners', 'admin', 'socket'], `${current.file?.adminSocket ?? 'none'}, as at the start; another takes a restart`]);
  if (traceText(current) !== traceText(next)) found.push([['telemetry', 'otlp'], 'the receiver of the start; another takes a restart']);
  const { file } = next;
  return found.map(([path, expected]) => {
    const told = mistake({ reason: 'config.invalid', key: path.join('.'), expected });
    return { ...told, file: file?.name ?? null, position: file?.places.valueAt(path) ?? null };
  });
}

const traceText = ({ traces }: Configuration): string =>
  traces === null
    ? ''
    : JSON.stringify([traces.url, traces.ratio, Object.entries(traces.headers).map(([name, value]) => [name, value.reveal()])]);
