import { type Result, success } from '../base/result.ts';
import type { Reason } from '../contracts/reasons/index.ts';
import { recordSystem } from './record-system.ts';
import type { Rooms } from './rooms.ts';
import { markRunning } from './running-mark.ts';

/** One run, from the moment when the rooms are open to the one before they close. */
export interface Life {
  /** Records that it ended in order; `failed`: why it did not come to listen. */
  end(failed: Reason | null): Promise<void>;
}

/** Records how the run before ended, which keys and tables this one stands on, and that it began. */
export async function beginLife(rooms: Rooms, data: string): Promise<Result<Life, Reason>> {
  const mark = markRunning(data, rooms.clock.now());
  if (!mark.ok) return mark;
  const { left, clear } = mark.value;
  const records = [
    ...(left === null ? [] : [() => recordSystem(rooms, 'gateway.stopped_uncleanly', null, { began: left }, 'error')]),
    () => recordSystem(rooms, 'vault.unsealed', null, { firstRun: rooms.firstRun }),
    ...rooms.storage.migrated.map(
      ({ room, steps }) =>
        () =>
          recordSystem(rooms, 'storage.migrated', room, { steps }),
    ),
    ...(rooms.older === null ? [] : [() => recordSystem(rooms, 'storage.rollback_accepted', rooms.older, {})]),
    () => recordSystem(rooms, 'gateway.started', null, { data }),
  ];
  for (const record of records) {
    const recorded = await record();
    if (!recorded.ok) return recorded;
  }
  const end = async (failed: Reason | null): Promise<void> => {
    await recordSystem(rooms, 'vault.sealed', null, {});
    const ended = await recordSystem(rooms, 'gateway.stopped', null, failed === null ? {} : { failed }, failed === null ? 'ok' : 'error');
    // What could not be recorded stays visible by the mark.
    if (ended.ok) clear();
  };
  return success({ end });
}
