import { type Clock, systemClock } from '../base/clock.ts';

/** What asked for the stop. `parent`: npm, or the launcher that started us, is gone. */
export type StopCause = 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'parent';

/** Drains and closes. When it settles the process exits: 0, or 1 where it failed. */
export type Stop = (cause: StopCause) => Promise<void> | void;

/** A terminal's Ctrl-C reaches us once by the group and once through npm and each launcher: within this time they are one request. */
const ONE_REQUEST_MS = 2_000;
const POLL_MS = 250;
/** DESIGN section 6: launcher and server end within two seconds of npm's death. */
const GRACE_AFTER_PARENT_MS = 1_500;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const EXIT_WHEN_FORCED = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143, parent: 1 } as const;

// Read when the module is loaded: by the time a server is up, npm may have died already.
const parent = expectedParent();

/**
 * Turns INT, TERM and HUP into one orderly stop. A second one later than two seconds means: end now. Run by npm or by the launcher,
 * the parent's death is a stop too, with a hard end before two seconds have passed. Returns a function that takes the handlers away.
 */
export function onStop(stop: Stop, clock: Clock = systemClock): () => void {
  let firstAt: number | null = null;
  const request = (cause: StopCause): void => {
    const now = clock.monotonic();
    if (firstAt === null) {
      firstAt = now;
      void finish(stop, cause);
    } else if (cause !== 'parent' && now - firstAt > ONE_REQUEST_MS) process.exit(EXIT_WHEN_FORCED[cause]);
    if (cause === 'parent') setTimeout(() => process.exit(EXIT_WHEN_FORCED.parent), GRACE_AFTER_PARENT_MS).unref();
  };
  const handlers = SIGNALS.map((signal) => [signal, () => request(signal)] as const);
  for (const [signal, handler] of handlers) process.on(signal, handler);
  const endWatch = watchParent(() => request('parent'));
  return () => {
    endWatch();
    for (const [signal, handler] of handlers) process.removeListener(signal, handler);
  };
}

async function finish(stop: Stop, cause: StopCause): Promise<void> {
  try {
    await stop(cause);
    process.exit(0);
  } catch (error) {
    process.stderr.write(`sallyport: stopping failed: ${error instanceof Error ? error.message : 'unknown error'}\n`);
    process.exit(1);
  }
}

function watchParent(gone: () => void): () => void {
  if (parent === null) return () => {};
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    gone();
  }, POLL_MS).unref();
  return () => clearInterval(timer);
}

/** The process whose death ends us, or null where we outlive our parent (a shell, a service manager). */
function expectedParent(): number | null {
  const told = process.env['SALLYPORT_PARENT'];
  // Ours alone: a program that we start has another parent.
  delete process.env['SALLYPORT_PARENT'];
  if (told !== undefined && /^[1-9]\d{0,9}$/.test(told)) return Number(told);
  return process.env['npm_lifecycle_event'] === undefined ? null : process.ppid;
}
