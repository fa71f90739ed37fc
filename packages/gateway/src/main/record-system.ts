import { type TenantId, ulid } from '../base/ids.ts';
import type { JournalEntry } from '../contracts/journal.ts';
import type { JsonObject } from '../contracts/json.ts';
import { type Rooms, TENANT } from './rooms.ts';
import type { SystemEvent } from './system-events.ts';

type Recording = Pick<Rooms, 'journal' | 'clock'>;
type Status = 'ok' | 'error';

/** What the gateway does by itself. Resolves once the record is durable. */
export const recordSystem = (rooms: Recording, action: SystemEvent, object: string | null, details: JsonObject, status: Status = 'ok') =>
  recordFor(TENANT, rooms, action, object, details, status);

/** The same in the log of the tenant that it concerns. */
export const recordFor = (
  tenant: TenantId,
  rooms: Recording,
  action: SystemEvent,
  object: string | null,
  details: JsonObject,
  status: Status = 'ok',
) => rooms.journal.append(tenant, entryOf(rooms, { tenant, action, object, details, status }));

/** The same for what may come often and waits for nothing: many of one object are folded into a count. A journal that fails tells of it itself. */
export function noteSystem(rooms: Recording, action: SystemEvent, object: string | null, details: JsonObject, status: Status = 'ok'): void {
  rooms.journal
    .refuse(TENANT, `${action} ${object ?? ''}`, entryOf(rooms, { tenant: TENANT, action, object, details, status }))
    .catch(() => undefined);
}

interface Happened {
  readonly tenant: TenantId;
  readonly action: SystemEvent;
  readonly object: string | null;
  readonly details: JsonObject;
  readonly status: Status;
}

const entryOf = ({ clock }: Recording, { tenant, action, object, details, status }: Happened): JournalEntry => ({
  record: {
    v: 1,
    kind: 'system',
    tenant,
    id: ulid(clock.now()),
    time: clock.now(),
    via: 'gateway',
    action,
    status,
    ...(object === null ? {} : { object }),
  },
  secret: Buffer.from(JSON.stringify(details)),
});
