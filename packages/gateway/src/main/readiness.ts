import type { Reason } from '../contracts/reasons/index.ts';
import type { Readiness } from '../http/index.ts';
import type { Rooms } from './rooms.ts';

/** A disk that hangs is not ready either. */
const PROBE_MS = 2000;

/** What keeps a call from being taken now: found out, not remembered. One answer serves all who ask while it is being found. */
export function readiness({ journal, storage }: Rooms, draining: () => boolean): Readiness {
  let asking: Promise<readonly Reason[]> | null = null;
  const ask = async (): Promise<readonly Reason[]> => {
    const reasons: Reason[] = draining() ? ['gateway.draining'] : [];
    if (!storage.available) reasons.push('storage.unavailable');
    const probed = await within(journal.probe());
    const problem = probed ? journal.problem : 'audit.journal_unavailable';
    return problem === null ? reasons : [...reasons, problem];
  };
  return () => {
    asking ??= ask().finally(() => {
      asking = null;
    });
    return asking;
  };
}

async function within(probe: Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), PROBE_MS);
  });
  try {
    return await Promise.race([probe.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
