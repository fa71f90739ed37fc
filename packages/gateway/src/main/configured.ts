import { failure, type Result, success } from '../base/result.ts';
import { type Configuration, plainConfiguration, readConfiguration, tellMistake } from '../config/index.ts';
import type { Prober } from '../contracts/prober.ts';
import type { Reason } from '../contracts/reasons/index.ts';
import type { Registration } from '../contracts/registration.ts';
import type { StartOptions } from '../contracts/running.ts';

/** The configuration in force. It is replaced whole, in one assignment. */
export interface Configured {
  current(): Configuration;
  put(next: Configuration): void;
}

export function holdConfiguration(first: Configuration): Configured {
  let held = first;
  return {
    current: () => held,
    put: (next) => {
      held = next;
    },
  };
}

/** What a start is configured by: its file, or the document that it was given. The detail of a failure has a line for every mistake. */
export function readFirst(options: StartOptions, now: number): Result<Configuration, Reason> {
  const { file, settings } = options;
  const read = file == null ? plainConfiguration(settings, now) : readConfiguration(file, now);
  if (!read.ok) return failure(read.reason, read.mistakes.map(tellMistake).join('\n'));
  tuneLog(options, read.value);
  return success(read.value);
}

/** Asks a server that the file names with its secrets: what is stored has references in their place. */
export const withSecrets = (prober: Prober, configured: Configured): Prober => ({
  probe: (server) => prober.probe(revealed(server, configured.current())),
});

export function revealed<S extends Registration>(server: S, { servers }: Configuration): S {
  const named = servers.find(({ id, stored }) => id === server.id && JSON.stringify(stored) === JSON.stringify(server.transport));
  return named === undefined ? server : { ...server, transport: named.transport };
}

/** Tells whoever writes the lines for operators what the file wants of them. */
export function tuneLog({ tuneLog: tell }: Pick<StartOptions, 'tuneLog'>, { file }: Configuration): void {
  const { level, format } = file?.telemetry.log ?? {};
  tell?.({ ...(level === undefined ? {} : { level }), ...(format === undefined ? {} : { format }) });
}
