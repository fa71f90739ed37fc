import type { Configuration, StagedApply } from '../config/index.ts';
import { between, type Outcomes } from './outcomes.ts';

const LOOK_MS = 1000;

/** A configuration under watch, and the one that goes before it. */
interface Watched {
  readonly proven: Configuration;
  readonly rules: StagedApply;
  readonly since: number;
  /** Counts when it was put in force, and in the window before. */
  readonly start: Outcomes;
  readonly before: Outcomes;
}

export interface Spike {
  readonly proven: Configuration;
  readonly what: 'failed' | 'denied';
  readonly before: Outcomes;
  readonly after: Outcomes;
}

export interface StagedWatch {
  /**
   * Called once another configuration is in force. A file that is put in force while another is watched is compared with what was proven before both; null: what
   * somebody went back to, which is not watched.
   */
  changed(proven: Configuration, next: Configuration | null): void;
  close(): Promise<void>;
}

export interface StagedDeps {
  readonly first: Configuration;
  readonly now: () => number;
  readonly outcomes: () => Outcomes;
  readonly onSpike: (spike: Spike) => Promise<void>;
}

interface Sample {
  readonly at: number;
  readonly counts: Outcomes;
}

/**
 * R2-083: compares the share of failed and of denied calls since a file was put in force with that of the window before, and tells where it rose by more than
 * the file permits. The thresholds are those of the configuration before, so that no file can take itself out of the watch.
 */
export function openStagedWatch({ first, now, outcomes, onSpike }: StagedDeps): StagedWatch {
  let samples: readonly Sample[] = [];
  let window = first.file?.staged?.windowMs ?? 0;
  let watched: Watched | null = null;
  let acting: Promise<void> = Promise.resolve();
  const look = (): void => {
    const at = now();
    const counts = outcomes();
    samples = window === 0 ? [] : [...samples.filter((sample) => sample.at >= at - window - LOOK_MS), { at, counts }];
    if (watched === null) return;
    const after = between(watched.start, counts);
    const what = spikeIn(watched, after);
    const { proven, before } = watched;
    if (what !== null || at - watched.since >= watched.rules.windowMs) watched = null;
    if (what !== null) acting = onSpike({ proven, what, before, after });
  };
  const timer = setInterval(look, LOOK_MS).unref();
  return {
    changed(proven, next) {
      if (next === null) {
        watched = null;
        return;
      }
      const rules = watched?.rules ?? proven.file?.staged ?? next.file?.staged ?? null;
      window = rules?.windowMs ?? 0;
      if (rules === null) return;
      const counts = outcomes();
      const start = { at: now(), counts };
      const before = watched?.before ?? between(samples[0]?.counts ?? counts, counts);
      watched = { proven: watched?.proven ?? proven, rules, since: start.at, start: counts, before };
    },
    async close() {
      clearInterval(timer);
      await acting;
    },
  };
}

function spikeIn({ rules, before }: Watched, after: Outcomes): Spike['what'] | null {
  if (after.calls < rules.leastCalls) return null;
  if (share(after, 'failed') - share(before, 'failed') > rules.failed) return 'failed';
  return rules.denied !== null && share(after, 'denied') - share(before, 'denied') > rules.denied ? 'denied' : null;
}

/** From 0 to 1. */
export const share = (outcomes: Outcomes, of: Spike['what']): number => (outcomes.calls === 0 ? 0 : outcomes[of] / outcomes.calls);
