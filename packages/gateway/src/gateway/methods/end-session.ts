import { recorded } from './answer-recorded.ts';
import { type Handler, refuse } from './works.ts';

/** DELETE in a legacy session: the session, its streams and the servers started for it end. */
export const endSession: Handler = async (exchange, answer, works) => {
  const { session } = exchange.frame;
  if (session === null) return refuse(exchange, { verdict: 'deny', reason: 'protocol.session_required' }, answer, works);
  if (!(await recorded(exchange, answer, works))) return;
  works.sessions.end(session);
  answer.empty(204);
};
