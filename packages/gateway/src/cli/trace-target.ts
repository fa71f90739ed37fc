import { SecretString } from '../base/secret-string.ts';
import type { TraceTarget } from '../contracts/running.ts';
import { CommandError, EXIT } from './exit.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The OTLP receiver that the environment names by the variables of OpenTelemetry; null where it names none. A mistake ends the start: traces that silently go
 * nowhere are found out about when they are needed.
 */
export function traceTarget(env: Environment): TraceTarget | null {
  const own = env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] ?? '';
  const base = env['OTEL_EXPORTER_OTLP_ENDPOINT'] ?? '';
  if (own === '' && base === '') return null;
  return {
    // OpenTelemetry, OTLP exporter: the general endpoint gets the path of the signal, the endpoint of the signal is taken as it is.
    url:
      own === ''
        ? urlOf('OTEL_EXPORTER_OTLP_ENDPOINT', `${base.replace(/\/$/, '')}/v1/traces`)
        : urlOf('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', own),
    headers: headersOf(env['OTEL_EXPORTER_OTLP_HEADERS'] ?? ''),
    ratio: ratioOf(env['OTEL_TRACES_SAMPLER_ARG'] ?? '1'),
  };
}

function urlOf(name: string, text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isHttp = url !== null && (url.protocol === 'http:' || url.protocol === 'https:');
  if (isHttp && url.username === '' && url.password === '') return url.href;
  throw wrong(name, 'http://HOST:PORT or https://HOST:PORT, without a user or a password (those go into OTEL_EXPORTER_OTLP_HEADERS)');
}

function headersOf(text: string): Readonly<Record<string, SecretString>> {
  const pairs = text.split(',').filter((pair) => pair.trim() !== '');
  return Object.fromEntries(
    pairs.map((pair) => {
      const [, name, value] = /^\s*([A-Za-z0-9-]+)\s*=\s*([\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)\s*$/.exec(pair) ?? [];
      if (name === undefined || value === undefined) throw wrong('OTEL_EXPORTER_OTLP_HEADERS', 'name=value pairs, separated by commas');
      return [name, new SecretString(decoded(value))];
    }),
  );
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    throw wrong('OTEL_EXPORTER_OTLP_HEADERS', 'values that are percent-encoded');
  }
}

function ratioOf(text: string): number {
  const ratio = Number(text);
  if (text.trim() !== '' && ratio >= 0 && ratio <= 1) return ratio;
  throw wrong('OTEL_TRACES_SAMPLER_ARG', 'a number from 0 to 1');
}

// The value is not repeated: a token may stand in it.
const wrong = (name: string, expected: string): CommandError =>
  new CommandError(EXIT.usage, `The environment variable ${name} takes ${expected}.`);
