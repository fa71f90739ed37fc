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
  /** Puts another text of the file in force, and what is stored with it. The caller has written the file or undoes it. */
  take(text: Uint8Array | null, by: Authorship, restored: Restored | null): Promise<Result<Version | null, Reason>>;
  /** Why the file as it is now is not in force; null where it is. */
  readonly problem: string | null;
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
  const take: Reloader['take'] = (bytes, by, restored) =>
    apply.alone(async () => {
      const taken = await takeFile(rooms, options, { bytes, by, restored });
      if (!taken.ok) {
        const lines = 'mistakes' in taken ? taken.mistakes.map(tellMistake) : [taken.detail ?? taken.reason];
        problem = lines.join('\n');
        return refuse(rooms, taken.reason, by, lines);
      }
      problem = null;
      onChange(taken.value.next, taken.value.reconciled);
      return rooms.versions.newest(TENANT);
    });
  return {
    take,
    reload: (by) => take(null, by, null),
    get problem() {
      return problem;
    },
  };
}

interface Taking {
  /** Null: as the file is now. */
  readonly bytes: Uint8Array | null;
  readonly by: Authorship;
  readonly restored: Restored | null;
}

interface Taken {
  readonly next: Configuration;
  readonly reconciled: Reconciled;
}

async function takeFile(rooms: Rooms, { file }: StartOptions, { bytes, by, restored }: Taking): Promise<Result<Taken, Reason> | Mistakes> {
  const current = rooms.configured.current();
  const next = file == null ? success(current) : readConfiguration(file, rooms.clock.now(), bytes ?? undefined);
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
