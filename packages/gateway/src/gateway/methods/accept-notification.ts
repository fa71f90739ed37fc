import type { Handler } from './works.ts';

/** What a client says without asking: 202, whatever it was. Only cancellation and the end of initialization have an effect. */
export const acceptNotification: Handler = async (exchange, answer) => {
  const { method, params, session } = exchange.frame;
  if (session && method === 'notifications/initialized') session.initialized = true;
  // Ids are looked up in the caller's own session only: nobody cancels another's request.
  if (session && params.kind === 'cancelled') session.inFlight.get(JSON.stringify(params.requestId))?.abort();
  answer.empty(202);
};
