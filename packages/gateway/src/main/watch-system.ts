import type { AuditReason } from '../contracts/reasons/audit.ts';
import type { Upstreams } from '../gateway/index.ts';
import { noteSystem, recordSystem } from './record-system.ts';
import type { Rooms } from './rooms.ts';

const TICK_MS = 1000;
/** What a tick that comes late, or a clock that is slewed, may differ by. */
const JUMP_MS = 2000;

type State = ReturnType<Upstreams['status']>[number]['state'];

/** Looks once a second for what nobody tells: a wall clock that was set, servers that come and go, a journal that takes records again. Returns its end. */
export function watchSystem(rooms: Rooms): () => void {
  const looks = [clockLook(rooms), upstreamLook(rooms), journalLook(rooms)];
  const timer = setInterval(() => {
    for (const look of looks) look();
  }, TICK_MS).unref();
  return () => clearInterval(timer);
}

function clockLook(rooms: Rooms): () => void {
  const { clock } = rooms;
  let offset = clock.now() - clock.monotonic();
  return () => {
    const now = clock.now() - clock.monotonic();
    const jumped = Math.round(now - offset);
    offset = now;
    if (Math.abs(jumped) > JUMP_MS) noteSystem(rooms, 'gateway.clock_jumped', null, { milliseconds: jumped });
  };
}

const EVENT_OF = { ready: 'gateway.upstream.ready', idle: 'gateway.upstream.idle', failing: 'gateway.upstream.failing' } as const;

function upstreamLook(rooms: Rooms): () => void {
  const known = new Map<string, State>();
  return () => {
    const rows = rooms.upstreams.status();
    const names = new Set(rows.map(({ server, era }) => `${server} ${era}`));
    for (const name of known.keys()) if (!names.has(name)) known.delete(name);
    for (const { server, era, state, detail } of rows) {
      const name = `${server} ${era}`;
      if ((known.get(name) ?? 'idle') === state) continue;
      known.set(name, state);
      noteSystem(rooms, EVENT_OF[state], server, { era, detail });
    }
  };
}

function journalLook(rooms: Rooms): () => void {
  const { clock, journal, meter } = rooms;
  const refused = (): number => [...meter.failures.entries()].reduce((sum, [, { n }]) => sum + n, 0);
  let trouble: { readonly since: number; readonly reason: AuditReason; readonly refused: number } | null = null;
  let seen = refused();
  return () => {
    const { problem } = journal;
    if (problem !== null) trouble ??= { since: clock.now(), reason: problem, refused: seen };
    else if (trouble !== null) {
      const { since, reason, refused: before } = trouble;
      trouble = null;
      void recordSystem(rooms, 'audit.journal.recovered', null, { since, reason, refused: refused() - before }).catch(() => undefined);
    }
    if (trouble === null) seen = refused();
  };
}
