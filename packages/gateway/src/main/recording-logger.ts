import type { Logger } from '../base/log.ts';
import { noteSystem } from './record-system.ts';
import type { Rooms } from './rooms.ts';

export interface RecordingLogger extends Logger {
  /** From here on errors are recorded too, and those that came before. */
  recordTo(rooms: Pick<Rooms, 'journal' | 'clock'>): void;
}

const KEPT = 100;

/** Errors stand in the log that can be proved as well as in the lines for operators; many of one kind are folded into a count. */
export function recordingLogger(log: Logger): RecordingLogger {
  let rooms: Pick<Rooms, 'journal' | 'clock'> | null = null;
  const early: [string, Readonly<Record<string, unknown>>][] = [];
  const record = (event: string, fields: Readonly<Record<string, unknown>>): void => {
    if (rooms === null) {
      if (early.length < KEPT) early.push([event, fields]);
      return;
    }
    noteSystem(rooms, 'gateway.error', event.slice(0, 64), { fields: textOf(fields) }, 'error');
  };
  return {
    debug: (event, fields) => log.debug(event, fields),
    info: (event, fields) => log.info(event, fields),
    warn: (event, fields) => log.warn(event, fields),
    error: (event, fields = {}) => {
      log.error(event, fields);
      record(event, fields);
    },
    recordTo(opened) {
      rooms = opened;
      for (const [event, fields] of early.splice(0)) record(event, fields);
    },
  };
}

function textOf(fields: Readonly<Record<string, unknown>>): string {
  try {
    return JSON.stringify(fields).slice(0, 2000);
  } catch {
    return 'unwritable';
  }
}
