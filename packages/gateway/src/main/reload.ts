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
import type { Outcomes } from './outcomes.ts';
import { type Reconciled, type Restored, reconcile } from './reconcile.ts';
import { recordSystem } from './record-system.ts';
import { type Rooms, TENANT } from './rooms.ts';
import { type Spike, share } from './staged-apply.ts';
import { DAY_PASSED } from './watch-file.ts';

export interface Reloader {
  /** Reads the file again and puts it in force as a whole. Where anything is wrong nothing changes; the failure has a line for each mistake. */
  reload(by: Authorship): Promise<Result<Version | null, Reason>>;
  /** Does so with what is stored besides, once `prepare` has made the files what they are to be; where it is not put in force, that is undone. */
  take(by: Authorship, prepare: () => Promise<Result<Prepared, Reason>>): Promise<Result<Version | null, Reason>>;
  /** Puts the configuration before a file in force again, whose calls fail; the file stays as it is and counts as not applied. */
  takeBack(spike: Spike): Promise<void>;
  /** Why the file as it is now is not in force; null where it is. */
  readonly problem: string | null;
  /** Files that the one that is not in force names. */
  readonly looked: readonly string[];
}

export interface Prepared {
  readonly restored: Restored | null;
  readonly undo: () => void;
  /** It is in force. */
  readonly done: () => void;
}

export interface ReloaderDeps {
  readonly rooms: Rooms;
  readonly options: StartOptions;
  readonly apply: Applier;
  /** Called once a new configuration is in force. */
  readonly onChange: (next: Configuration, reconciled: Reconciled) => void;
  /** Called besides where it says something else than `before`, which was in force; null: a version that somebody went back to. */
  readonly onVersion: (before: Configuration, next: Configuration | null) => void;
}

export function openReloader({ rooms, options, apply, onChange, onVersion }: ReloaderDeps): Reloader {
  let problem: string | null = null;
  let looked: readonly string[] = [];
  let takenBack = false;
  const take: Reloader['take'] = (by, prepare) =>
    apply.alone(async () => {
      const prepared = await prepare();
      if (!prepared.ok) return prepared;
      const { restored, undo, done } = prepared.value;
      const [before, version] = [rooms.configured.current(), rooms.told.version];
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
      done();
      problem = null;
      looked = [];
      takenBack = false;
      onChange(taken.value.next, taken.value.reconciled);
      if (rooms.told.version?.hash !== version?.hash) onVersion(before, restored === null ? taken.value.next : null);
      // Settings hold for every tenant; the lines of one that cannot be put in force are in the log.
      apply.others(by).catch((fault: unknown) => rooms.log.error('config.snapshot.stale', { fault: String(fault) }));
      return rooms.versions.newest(TENANT);
    });
  return {
    take,
    takeBack: (spike) =>
      apply.alone(async () => {
        const was = rooms.configured.current();
        const done = await takeBack(rooms, spike);
        if (!done.ok) {
          rooms.log.error('config.rollback.failed', { reason: done.reason, detail: done.detail ?? null });
          return;
        }
        problem = done.value.told;
        looked = was.files;
        takenBack = true;
        onChange(spike.proven, done.value.reconciled);
        apply.others(done.value.by).catch((fault: unknown) => rooms.log.error('config.snapshot.stale', { fault: String(fault) }));
      }),
    // What was taken back comes again only because somebody says so, or changes it.
    reload: (by) => (takenBack && by.cause === DAY_PASSED ? rooms.versions.newest(TENANT) : take(by, async () => success(UNTOUCHED))),
    get problem() {
      return problem;
    },
    get looked() {
      return looked;
    },
  };
}

/** The files as they are. */
const UNTOUCHED: Prepared = { restored: null, undo: () => undefined, done: () => undefined };

async function takeBack(
  rooms: Rooms,
  { proven, what, before, after }: Spike,
): Promise<Result<{ readonly told: string; readonly reconciled: Reconciled; readonly by: Authorship }, Reason>> {
  const from = rooms.told.version?.sequence ?? 0;
  const rates = { what, calls: after.calls, count: after[what], callsBefore: before.calls, countBefore: before[what] };
  const recorded = await recordSystem(rooms, 'config.rolled_back', String(from), rates, 'error');
  if (!recorded.ok) return recorded;
  const by: Authorship = { author: 'gateway', cause: `config.rolled_back from ${from}` };
  const reconciled = await reconcile(rooms, proven, { by, strict: false });
  if (!reconciled.ok)
    return 'mistakes' in reconciled ? failure(reconciled.reason, reconciled.mistakes.map(tellMistake).join('\n')) : reconciled;
  const name = proven.file?.name ?? '';
  const told = `${name} was put in force as version ${from} and taken back: ${after[what]} of ${after.calls} calls ${what === 'failed' ? 'failed' : 'were denied'} (${percent(after, what)} after ${percent(before, what)}). Mend it, or try again: sallyport config reload`;
  rooms.log.error('config.rolled_back', { from, ...rates });
  return success({ told, reconciled: reconciled.value, by });
}

const percent = (outcomes: Outcomes, what: Spike['what']): string => `${Math.round(share(outcomes, what) * 100)} %`;

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
