import { ulid } from '../base/ids.ts';
import type { JsonObject } from '../contracts/json.ts';
import { type Rooms, TENANT } from './rooms.ts';

/** What the gateway does by itself: start, stop, keys of a first run. */
export const recordSystem = ({ journal, clock }: Rooms, action: string, object: string | null, details: JsonObject) =>
  journal.append(TENANT, {
    record: {
      v: 1,
      kind: 'system',
      tenant: TENANT,
      id: ulid(clock.now()),
      time: clock.now(),
      via: 'gateway',
      action,
      status: 'ok',
      ...(object === null ? {} : { object }),
    },
    secret: Buffer.from(JSON.stringify(details)),
  });
