import type { Configuring } from '../admin/index.ts';
import type { KeyId } from '../base/ids.ts';
import type { Authorship } from '../config/index.ts';
import type { RuntimeStatus, ServerStatus, StartOptions } from '../contracts/running.ts';
import type { Listener } from '../http/index.ts';
import type { Applier } from './apply.ts';
import { tuneLog } from './configured.ts';
import { configuringOf } from './configuring.ts';
import { checkStanding } from './history.ts';
import { tlsOf } from './open-listeners.ts';
import { outcomesOf } from './outcomes.ts';
import { dangersOf } from './posture.ts';
import { reconcile } from './reconcile.ts';
import { openReloader, type Reloader } from './reload.ts';
import { type Rooms, TENANT } from './rooms.ts';
import { openStagedWatch, type StagedWatch } from './staged-apply.ts';
import { type FileWatch, watchFiles } from './watch-file.ts';

const RETRY_MS = 30_000;
const LOOK_MS = 15_000;
const RETRIED: Authorship = { author: 'gateway', cause: 'registry.server.retried' };

/** What changes the configuration of a gateway that runs: the file, the API, and servers that were not there at the start. */
export interface Control {
  readonly configuring: Configuring;
  readonly missing: () => readonly ServerStatus[];
  readonly shown: () => Pick<RuntimeStatus, 'config' | 'dangers'>;
  /** Begins to look at the file; the listeners get its certificates from then on. */
  watch(listeners: Readonly<Record<'gateway' | 'admin', Pick<Listener, 'renew'>>>): void;
  close(): Promise<void>;
}

export interface ControlDeps {
  readonly rooms: Rooms;
  readonly options: StartOptions;
  readonly apply: Applier;
  readonly missing: readonly ServerStatus[];
  /** Ends what a key has open. */
  readonly onKeyChanged: (key: KeyId) => void;
}

export function openControl({ rooms, options, apply, missing: first, onKeyChanged }: ControlDeps): Control {
  let missing = first;
  let listeners: Parameters<Control['watch']>[0] | null = null;
  const reloader = openReloader({
    rooms,
    options,
    apply,
    onChange: (next, reconciled) => {
      tuneLog(options, next);
      for (const key of reconciled.changedKeys) onKeyChanged(key);
      missing = [
        ...missing.filter(({ id }) => first.some((one) => one.id === id && !next.servers.some((named) => named.id === id))),
        ...reconciled.missing,
      ];
      for (const name of ['gateway', 'admin'] as const) {
        const tls = tlsOf(next.listeners[name]);
        if (tls !== null) listeners?.[name].renew(tls);
      }
    },
    onVersion: (before, next) => staged.changed(before, next),
  });
  const staged = watchCalls(rooms, reloader);
  const retry = async (): Promise<void> => {
    const { servers } = rooms.configured.current();
    if (!missing.some(({ id }) => servers.some((named) => named.id === id))) return;
    const again = await apply.alone(() => reconcile(rooms, rooms.configured.current(), { by: RETRIED, strict: false }));
    if (again.ok) missing = [...missing.filter(({ id }) => !servers.some((named) => named.id === id)), ...again.value.missing];
  };
  const closing: (() => Promise<void> | void)[] = [() => staged.close()];
  const every = (ms: number, event: string, work: () => Promise<unknown>): void => {
    const timer = setInterval(() => void work().catch((fault: unknown) => rooms.log.error(event, { fault: String(fault) })), ms).unref();
    closing.push(() => clearInterval(timer));
  };
  return {
    configuring: configuringOf({ rooms, options, apply, reloader }),
    missing: () => missing,
    shown: () => shownOf({ rooms, options }, reloader),
    watch: (open) => {
      listeners = open;
      every(RETRY_MS, 'config.retry.failed', retry);
      // R2-060: what was written into the database past this gateway is noticed also while nobody changes anything.
      every(LOOK_MS, 'config.check.failed', () => apply.alone(() => checkAll(rooms)));
      if (options.file == null) return;
      const watching = watchConfiguration(rooms, reloader);
      closing.push(() => watching.close());
    },
    close: async () => {
      for (const end of closing.splice(0)) await end();
    },
  };
}

function outsideOf({ told }: Rooms): string | null {
  const keys = told.outside.get(TENANT);
  return keys === undefined ? null : `changed in the database and not through this gateway: ${keys}`;
}

async function checkAll(rooms: Rooms): Promise<void> {
  for (const tenant of rooms.snapshots.tenants()) await checkStanding(rooms, tenant);
}

const watchCalls = (rooms: Rooms, reloader: Reloader): StagedWatch =>
  openStagedWatch({
    first: rooms.configured.current(),
    now: () => rooms.clock.monotonic(),
    outcomes: () => outcomesOf(rooms.meter),
    onSpike: (spike) =>
      reloader.takeBack(spike).catch((fault: unknown) => rooms.log.error('config.rollback.failed', { fault: String(fault) })),
  });

const watchConfiguration = (rooms: Rooms, reloader: Reloader): FileWatch =>
  watchFiles({
    files: () => [...new Set([...rooms.configured.current().files, ...reloader.looked])],
    reload: (by) => reloader.reload(by),
    readAt: rooms.startedAt,
    now: () => rooms.clock.now(),
    log: rooms.log,
  });

function shownOf({ rooms, options }: Pick<ControlDeps, 'rooms' | 'options'>, { problem }: Reloader): ReturnType<Control['shown']> {
  const { version } = rooms.told;
  return {
    dangers: dangersOf(rooms.configured.current(), options),
    config: {
      file: rooms.configured.current().file?.name ?? null,
      version: version?.sequence ?? 0,
      hash: version?.hash ?? '',
      problem: outsideOf(rooms) ?? problem,
    },
  };
}
