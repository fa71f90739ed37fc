import { type Failure, failure, type Result, success } from '../base/result.ts';
import {
  type Authorship,
  type Configuration,
  type Mistake,
  type Mistakes,
  movedListeners,
  readConfiguration,
  tellMistake,
  type Version,
} from '../config/index.ts';
import type { Reason } from '../contracts/reasons/index.ts';
import type { StartOptions } from '../contracts/running.ts';
import type { Applier } from './apply.ts';
import { type Reconciled, type Restored, reconcile } from './reconcile.ts';
import { recordSystem } from './record-system.ts';
import { type Rooms, TENANT } from './rooms.ts';

export interface Reloader {
  /** Reads the file again and puts it in force as a whole. Where anything is wrong nothing changes; the failure has a line for each mistake. */
  reload(by: Authorship): Promise<Result<Version | null, Reason>>;
  /** Does so with what is stored besides, once `prepare` has made the files what they are to be; where it is not put in force, that is undone. */
  take(by: Authorship, prepare: () => Promise<Result<Prepared, Reason>>): Promise<Result<Version | null, Reason>>;
  /** Why the file as it is now is not in force; null where it is. */
  readonly problem: string | null;
  /** Files that the one that is not in force names. */
  readonly looked: readonly string[];
}

export interface Prepared {
  readonly restored: Restored | null;
  readonly undo: () => void;
}

export interface ReloaderDeps {
  readonly rooms: Rooms;
  readonly options: StartOptions;
  readonly apply: Applier;
  /** Called once a new configuration is in force. */
  readonly onChange: (next: Configuration, reconciled: Reconciled) => void;
}

export function openReloader({ rooms, options, apply, onChange }: ReloaderDeps): Reloader {
  let problem: string | null = null;
  let looked: readonly string[] = [];
  const take: Reloader['take'] = (by, prepare) =>
    apply.alone(async () => {
      const prepared = await prepare();
      if (!prepared.ok) return prepared;
      const { restored, undo } = prepared.value;
      const taken = await takeFile(rooms, options, { by, restored });
      if (!taken.ok) {
        undo();
        const lines = 'mistakes' in taken ? taken.mistakes.map(tellMistake) : [taken.detail ?? taken.reason];
        // After a revert that was refused the files are again what they were.
        if (restored === null) {
          problem = lines.join('\n');
          looked = 'mistakes' in taken ? (taken.files ?? []) : [];
        }
        return refuse(rooms, taken.reason, by, lines);
      }
      problem = null;
      looked = [];
      onChange(taken.value.next, taken.value.reconciled);
      // Settings hold for every tenant; the lines of one that cannot be put in force are in the log.
      apply.others(by).catch((fault: unknown) => rooms.log.error('config.snapshot.stale', { fault: String(fault) }));
      return rooms.versions.newest(TENANT);
    });
  return {
    take,
    reload: (by) => take(by, async () => success({ restored: null, undo: () => undefined })),
    get problem() {
      return problem;
    },
    get looked() {
      return looked;
    },
  };
}

interface Taking {
  readonly by: Authorship;
  readonly restored: Restored | null;
}

interface Taken {
  readonly next: Configuration;
  readonly reconciled: Reconciled;
}

async function takeFile(rooms: Rooms, { file }: StartOptions, { by, restored }: Taking): Promise<Result<Taken, Reason> | Mistakes> {
  const current = rooms.configured.current();
  const next = file == null ? success(current) : readConfiguration(file, rooms.clock.now());
  if (!next.ok) return next;
  const moved: readonly Mistake[] = movedListeners(current, next.value);
  if (moved.length > 0) return { ok: false, reason: 'config.invalid', mistakes: moved };
  const reconciled = await reconcile(rooms, next.value, { by, strict: true, restored });
  return reconciled.ok ? success({ next: next.value, reconciled: reconciled.value }) : reconciled;
}

/** Told in the log, the journal and the status, since nobody may be looking when a file is wrong. */
async function refuse(rooms: Rooms, reason: Reason, { author, cause }: Authorship, lines: readonly string[]): Promise<Failure<Reason>> {
  const mistakes = lines.slice(0, 50).map((line) => line.slice(0, 300));
  rooms.log.warn('config.reload.refused', { reason, mistakes });
  const recorded = await recordSystem(rooms, 'config.reload.refused', null, { reason, author, cause, mistakes });
  return recorded.ok ? failure(reason, lines.join('\n')) : recorded;
}
