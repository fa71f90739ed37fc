import type { JsonObject } from '../../contracts/json.ts';
import { declares, type Params } from '../../protocol/index.ts';
import type { Answer } from '../downstream/answer.ts';
import type { Exchange } from '../exchange.ts';
import { recorded } from './answer-recorded.ts';
import type { Handler, Works } from './works.ts';

/** What a client says without asking: 202, whatever it was. Cancellation, progress, new roots and the end of initialization have an effect. */
export const acceptNotification: Handler = async (exchange, answer, works) => {
  const { method, params, session } = exchange.frame;
  if (session && method === 'notifications/initialized') session.initialized = true;
  // Ids are looked up in the caller's own session only: nobody cancels another's request.
  if (session && params.kind === 'cancelled') session.inFlight.get(JSON.stringify(params.requestId))?.abort();
  if (session && params.kind === 'progress') session.asks.progress(params.progressToken, progressOf(params));
  if (method === 'notifications/roots/list_changed' && !(await tellRoots(exchange, answer, works))) return;
  answer.empty(202);
};

const progressOf = ({ progress, total, message }: Extract<Params, { kind: 'progress' }>): JsonObject => ({
  progress,
  ...(total === null ? {} : { total }),
  ...(message === null ? {} : { message }),
});

/** To the servers that run for this session and were told that it would say so. False where it could not be recorded, which was answered. */
async function tellRoots(exchange: Exchange, answer: Answer, works: Works): Promise<boolean> {
  const { frame, principal, snapshot } = exchange;
  const { session } = frame;
  if (session === null || !declares(session.capabilities, [['roots']])) return true;
  if (!(await recorded(exchange, answer, works))) return false;
  const owner = { principal, session: session.id, listener: null };
  for (const server of snapshot.servers.values())
    works.upstreams.peek(server, 'legacy', owner)?.tell('notifications/roots/list_changed', {});
  return true;
}
