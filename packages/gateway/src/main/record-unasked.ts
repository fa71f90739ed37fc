import type { Clock } from '../base/clock.ts';
import { ulid } from '../base/ids.ts';
import type { Journal, JournalEntry } from '../contracts/journal.ts';
import type { Registration } from '../contracts/registration.ts';

/**
 * A server that asks something of a client on a session of several clients is refused, since nobody could say whom it means; the refusal is recorded
 * like any other. A server causes them at will: they are folded by server, so that a flood costs the journal one record a minute.
 */
export const recordUnasked =
  (journal: Journal, clock: Clock) =>
  async ({ tenant, id }: Registration, method: string): Promise<void> => {
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
        reason: 'gateway.ask_not_offered',
      },
      secret: Buffer.from(JSON.stringify({ detail: 'the session is of several clients' })),
    };
    // What cannot be recorded is refused all the same, and a journal that fails tells of it itself.
    await journal.refuse(tenant, `asks of ${id} of nobody`, entry).catch(() => null);
  };
