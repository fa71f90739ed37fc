import { ulid } from '../base/ids.ts';
import type { JsonObject } from '../contracts/json.ts';
import { type Rooms, TENANT } from './rooms.ts';

/** What the gateway does by itself: start, stop, keys of a first run. */
export const recordSystem = (
  { journal, clock }: Pick<Rooms, 'journal' | 'clock'>,
  action: string,
  object: string | null,
  details: JsonObject,
  status: 'ok' | 'error' = 'ok',
) =>
  journal.append(TENANT, {
    record: {
      v: 1,
      kind: 'system',
      tenant: TENANT,
      id: ulid(clock.now()),
      time: clock.now(),
      via: 'gateway',
      action,
      status,
      ...(object === null ? {} : { object }),
    },
    secret: Buffer.from(JSON.stringify(details)),
  });
