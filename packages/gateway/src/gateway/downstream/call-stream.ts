import type { ExchangeId, ServerId } from '../../base/ids.ts';
import type { JsonObject } from '../../contracts/json.ts';
import type { Target } from '../../contracts/target.ts';

/** A call being answered, as what its server says meanwhile sees it. */
export interface CallStream {
  readonly server: ServerId;
  readonly exchange: ExchangeId;
  readonly target: Target;
  /** What it was called with, by which a policy may decide. */
  readonly arguments: JsonObject;
  /** How much its server has asked during it. */
  asked: number;
  /** Its answer is on its way: nothing is asked on its behalf any more. */
  over: boolean;
  /** False where nobody reads its stream any more. */
  notify(text: string): boolean;
}
