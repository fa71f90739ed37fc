import type { Readable } from 'node:stream';
import type { Clock } from '../../base/clock.ts';
import { LIMITS } from '../../base/limits.ts';
import type { Child } from './launch.ts';

const WINDOW_MS = 60_000;
/** How long reading rests after a chunk over the budget: a flood then costs the gateway about 1 MB/s of reading, and the flooder its own time. */
const REST_MS = 50;

/** Reads what a child writes to a stream nobody trusts and hands on bounded, printable lines; what is over the budget of a minute is counted. */
export function followLog({ mask }: Pick<Child, 'mask'>, stream: Readable, clock: Clock, onLine: (line: string) => void): void {
  const budget = { since: clock.monotonic(), bytes: 0, dropped: 0 };
  let rest = '';
  const emit = (line: string): void => {
    if (line !== '') onLine(mask(printable(line)).slice(0, LIMITS.stderrLineBytes));
  };
  const read = (chunk: Buffer): void => {
    renew(budget, clock.monotonic(), onLine);
    budget.bytes += chunk.length;
    if (budget.bytes > LIMITS.stderrBytesPerMinute) {
      budget.dropped += chunk.length;
      rest = '';
      stream.pause();
      setTimeout(() => stream.resume(), REST_MS).unref();
      return;
    }
    const lines = (rest + chunk.toString('latin1')).split('\n');
    rest = (lines.pop() ?? '').slice(0, LIMITS.stderrLineBytes);
    for (const line of lines) emit(line);
  };
  stream.on('data', read);
  stream.on('error', () => {});
  stream.on('end', () => {
    emit(rest);
    if (budget.dropped > 0) onLine(dropped(budget.dropped));
  });
}

function renew(budget: { since: number; bytes: number; dropped: number }, now: number, onLine: (line: string) => void): void {
  if (now - budget.since < WINDOW_MS) return;
  if (budget.dropped > 0) onLine(dropped(budget.dropped));
  budget.since = now;
  budget.bytes = 0;
  budget.dropped = 0;
}

const dropped = (bytes: number): string => `(${bytes} bytes over the log budget were dropped)`;

// Escape sequences in a log line would move an operator's cursor or fake other lines.
const printable = (line: string): string =>
  Buffer.from(line, 'latin1')
    .toString('utf8')
    .replace(/[^\P{C}\t]/gu, '\u00b7');
