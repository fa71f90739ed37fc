import { LIMITS } from '../../base/limits.ts';
import { expireWith } from '../downstream/expire-with.ts';
import { recorded } from './answer-recorded.ts';
import { type Handler, refuse } from './works.ts';

/** GET in a legacy session: the standing stream for what servers say outside a call. */
export const openStandingStream: Handler = async (exchange, answer, works) => {
  const { session } = exchange.frame;
  if (session === null) return refuse(exchange, { verdict: 'deny', reason: 'protocol.session_required' }, answer, works);
  if (session.streams.size >= LIMITS.streamsPerSession)
    return refuse(exchange, { verdict: 'deny', reason: 'gateway.too_many_streams', retryAfterSeconds: 60 }, answer, works);
  if (!(await recorded(exchange, answer, works))) return;
  const { credential } = exchange.principal;
  let forget = (): void => undefined;
  const stream = answer.stream(() => {
    session.streams.delete(stream);
    forget();
  });
  session.streams.set(stream, credential.id);
  forget = expireWith(credential, works.clock, () => stream.end());
};
