import type { Journal } from '../contracts/journal.ts';
import type { Rooms } from './rooms.ts';

/** The journal for calls: where the intent of one is recorded, the grants that permitted it were used. */
export function notingGrants({ journal, grants }: Pick<Rooms, 'journal' | 'grants'>): Journal {
  return {
    append: (log, entry) => {
      const { kind, decision, time } = entry.record;
      if (kind === 'intent' && decision !== undefined) grants.noteUse(decision.policies, time);
      return journal.append(log, entry);
    },
    refuse: (log, key, entry) => journal.refuse(log, key, entry),
    get writable() {
      return journal.writable;
    },
  };
}
