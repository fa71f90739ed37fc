import type { Clock } from '../../base/clock.ts';
import type { TenantId } from '../../base/ids.ts';
import type { Logger } from '../../base/log.ts';
import type { Journal } from '../../contracts/journal.ts';
import type { JsonObject } from '../../contracts/json.ts';
import type { SnapshotSource } from '../../contracts/snapshot.ts';
import type { Deny } from '../../contracts/verdict.ts';
import type { Breakers } from '../breakers.ts';
import type { Answer } from '../downstream/answer.ts';
import type { Listens } from '../downstream/listens.ts';
import type { Sessions } from '../downstream/sessions.ts';
import type { Shelf } from '../downstream/shelf.ts';
import type { Call, CallResult, Exchange, Partially } from '../exchange.ts';
import type { Holds } from '../holds.ts';
import type { Places } from '../places.ts';
import { refusalEntry } from '../records.ts';
import type { Rounds } from '../reverse/rounds.ts';
import type { Tasks } from '../reverse/tasks.ts';
import type { ArgumentRows, ResultRows } from '../screens/run-screens.ts';
import type { Upstreams } from '../upstream/upstream.ts';

/** What the methods work with: built once, in `open-gateway.ts`. */
export interface Works {
  readonly clock: Clock;
  readonly log: Logger;
  readonly journal: Journal;
  readonly snapshots: SnapshotSource;
  readonly sessions: Sessions;
  /** Streams of stateful sessions that can be taken up again. */
  readonly shelf: Shelf;
  readonly listens: Listens;
  readonly upstreams: Upstreams;
  readonly breakers: Breakers;
  /** Requests under way, by server and principal. */
  readonly places: Places;
  readonly holds: Holds;
  readonly rounds: Rounds;
  readonly tasks: Tasks;
  readonly screens: { readonly arguments: ArgumentRows; readonly result: ResultRows };
  /** Keyed digest, hex, of a digest or text: equal values can be found, guessed values cannot be confirmed. */
  keyed(tenant: TenantId, text: string): string;
  /** The result as the client's endpoint names things and its revision knows it, as JSON text. */
  shape(call: Call, value: CallResult): string;
  /** Answers with a denial that is already recorded. */
  reply(exchange: Partially, denied: Deny, answer: Answer, meta?: JsonObject): void;
  /** Answers with a complete JSON-RPC response; `status` is 200 where it is absent. */
  finish(exchange: Exchange, answer: Answer, json: string, status?: number): void;
  /** What a server offers differs from what was pinned. */
  onDrift(tenant: TenantId, server: string): void;
}

export type Handler = (exchange: Exchange, answer: Answer, works: Works) => Promise<void>;

/** Records a denial and then answers it; what cannot be recorded is answered as that. */
export async function refuse(exchange: Exchange, denied: Deny, answer: Answer, works: Works): Promise<void> {
  const recorded = await works.journal.append(exchange.snapshot.tenant, refusalEntry(exchange, denied, works));
  works.reply(exchange, recorded.ok ? denied : { verdict: 'deny', reason: recorded.reason }, answer);
}
