import type { Handler } from './works.ts';

/** What a client answers to a server's request, in its own session: 202, whatever became of it. What was not asked, or not any more, is dropped. */
export const acceptAnswer: Handler = async (exchange, answer) => {
  const { params, session } = exchange.frame;
  if (session !== null && params.kind === 'answer') session.asks.settle(params.message.id, params.message);
  answer.empty(202);
};
