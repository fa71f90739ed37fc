import type { Logger } from '../base/log.ts';
import { asciiJson } from './call-line.ts';
import { sanitize } from './render/sanitize.ts';

export const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type Level = (typeof LEVELS)[number];
export const FORMATS = ['json', 'text'] as const;
export type Format = (typeof FORMATS)[number];

export interface LogOptions {
  /** How they are written, and below which level they are left out: asked for each. */
  readonly wishes: () => { readonly format: Format; readonly level: Level };
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly write: (line: string) => void;
}

type Fields = Readonly<Record<string, unknown>>;

const LINE_CHARACTERS = 16_384;

/** Lines for operators and for what collects them: one a line, nothing that a terminal obeys, no secret, bounded. Never throws. */
export function logLines({ wishes, now, write }: LogOptions): Logger {
  const at =
    (own: Level) =>
    (event: string, fields: Fields = {}): void => {
      const { format, level } = wishes();
      if (LEVELS.indexOf(own) < LEVELS.indexOf(level)) return;
      const time = new Date(now()).toISOString();
      write(withoutSecrets(format === 'json' ? jsonLine(time, own, event, fields) : textLine(time, own, event, fields)));
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

function jsonLine(time: string, level: Level, event: string, fields: Fields): string {
  const line = asciiJson({ time, level, event, ...plain(fields) });
  return line.length <= LINE_CHARACTERS ? line : asciiJson({ time, level, event, cut: line.slice(0, LINE_CHARACTERS / 8) });
}

function textLine(time: string, level: Level, event: string, fields: Fields): string {
  const pairs = Object.entries(plain(fields)).map(([name, value]) => ` ${sanitize(name)}=${textOf(value)}`);
  const line = `${time} ${level.padEnd(5)} ${sanitize(event)}${pairs.join('')}`;
  return line.length <= LINE_CHARACTERS ? line : `${line.slice(0, LINE_CHARACTERS)}...`;
}

const textOf = (value: unknown): string => (typeof value === 'string' && /^[\w.:/@+-]+$/.test(value) ? value : sanitize(asciiJson(value)));

/** What cannot be written as JSON is named, not thrown: a line is often the last thing that is heard of a fault. */
function plain(fields: Fields): Fields {
  try {
    return JSON.parse(JSON.stringify(fields)) as Fields;
  } catch (error) {
    return { unwritable: error instanceof Error ? error.message : 'fields' };
  }
}

/** The second net: no line should hold a key, but texts of errors and of servers pass through here. */
const withoutSecrets = (line: string): string =>
  line.replaceAll(/sp_[A-Za-z0-9_-]{24,}/g, 'sp_[secret]').replaceAll(/\b(bearer|basic)([\s:=]+)[A-Za-z0-9._~+/-]{8,}=*/gi, '$1$2[secret]');
