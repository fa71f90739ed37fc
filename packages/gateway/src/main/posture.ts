import { url as inspectedAt } from 'node:inspector';
import { type Configuration, LISTENERS } from '../config/index.ts';
import type { Danger, StartOptions } from '../contracts/running.ts';
import { isLoopbackHost } from '../http/index.ts';

/** Settings in force that can be used against whoever runs this, by the names that they have; SECURITY.md lists them all. Most are refused at a start. */
export function dangersOf({ listeners, file }: Configuration, { logLevel }: Pick<StartOptions, 'logLevel'>): readonly Danger[] {
  const level = logLevel?.() ?? file?.telemetry.log?.level ?? null;
  const plain = LISTENERS.filter((name) => listeners[name].tls === null && !isLoopbackHost(listeners[name].host));
  return [
    ...plain.map((name) => ({
      key: `listeners.${name}.plain_http`,
      told: 'plain HTTP reaches beyond this machine: keys and answers can be read on the way',
    })),
    ...(level === 'debug'
      ? [{ key: 'telemetry.log.level', told: 'lines for operators hold what servers write to stderr, which may be anything' }]
      : []),
    ...(inspectedAt() === undefined
      ? []
      : [{ key: 'node.inspect', told: 'a debugger is open: whoever reaches it reads every key and runs what they like' }]),
  ];
}
