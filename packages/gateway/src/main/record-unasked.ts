import type { Clock } from '../base/clock.ts';
import { ulid } from '../base/ids.ts';
import type { Journal, JournalEntry } from '../contracts/journal.ts';
import type { GatewayReason } from '../contracts/reasons/gateway.ts';
import type { Registration } from '../contracts/registration.ts';
import type { Unasked } from '../gateway/index.ts';

/** As which refusal it stands in the log, and why. */
const KINDS: Readonly<Record<Unasked, { readonly reason: GatewayReason; readonly detail: string }>> = {
  session: { reason: 'gateway.ask_not_offered', detail: 'the session is of several clients' },
  task: { reason: 'gateway.unknown_task', detail: 'nobody listens to this task' },
  flood: { reason: 'gateway.too_many_asks', detail: 'it tells of a task faster than it is passed on' },
};

/**
 * What a server says of its own accord and nobody asked for: a question on a session of several clients, since nobody could say whom it means, or the
 * state of a task that nobody listens to. It is refused, and recorded like any other refusal. A server causes them at will: they are folded by server
 * and kind, so that a flood costs the journal one record a minute.
 */
export const recordUnasked =
  (journal: Journal, clock: Clock) =>
  async ({ tenant, id }: Registration, method: string, why: Unasked): Promise<void> => {
    const { reason, detail } = KINDS[why];
    const entry: JournalEntry = {
      record: {
        v: 1,
        kind: 'refusal',
        tenant,
        id: ulid(clock.now()),
        time: clock.now(),
        via: 'mcp',
        method: method.slice(0, 128),
        server: id,
        guards: [],
        status: 'refused',
        reason,
      },
      secret: Buffer.from(JSON.stringify({ detail })),
    };
    // What cannot be recorded is refused all the same, and a journal that fails tells of it itself.
    await journal.refuse(tenant, `${why} of ${id} of nobody`, entry).catch(() => null);
  };
