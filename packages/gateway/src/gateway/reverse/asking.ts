import type { ExchangeId, ServerId } from '../../base/ids.ts';
import type { Snapshot } from '../../contracts/snapshot.ts';
import type { GuardTrace } from '../../contracts/verdict.ts';
import type { Asked } from '../../protocol/index.ts';
import type { CallStream } from '../downstream/call-stream.ts';
import type { Session } from '../downstream/sessions.ts';
import type { Judged } from '../judged.ts';
import type { ServerAsk } from '../upstream/asks.ts';

/** One request of a server on its way to the one client whose session it is. The line of `ask-line.ts` adds the facts that may be missing. */
export interface Asking {
  readonly id: ExchangeId;
  /** Monotonic, milliseconds. */
  readonly startedAt: number;
  readonly snapshot: Snapshot;
  readonly server: ServerId;
  readonly session: Session;
  readonly ask: ServerAsk;
  readonly trace: GuardTrace[];
  /** What the server is serving for this session now: what it asks can only be for one of them. */
  readonly serving: readonly Pick<CallStream, 'target' | 'arguments'>[];
  asked: Asked | null;
  judged: Judged | null;
}
