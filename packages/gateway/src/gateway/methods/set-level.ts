import { answerRecorded } from './answer-recorded.ts';
import type { Handler } from './works.ts';

/** `logging/setLevel` of the legacy era: kept with the session, told to the servers that already run for it, and to others when they start. */
export const setLevel: Handler = async (exchange, answer, works) => {
  const { frame, principal, snapshot } = exchange;
  const { session } = frame;
  const level = frame.params.kind === 'log-level' ? frame.params.level : null;
  if (session && level !== null) {
    session.logLevel = level;
    const owner = { principal, session: session.id, listener: null };
    const running = [...snapshot.servers.values()].map(async (server) => {
      const upstream = works.upstreams.peek(server, 'legacy', owner);
      if (upstream === null) return;
      session.toldLevel.set(server.id, level);
      await upstream.setLogLevel(level);
    });
    await Promise.allSettled(running);
  }
  return answerRecorded(exchange, answer, works, {}, { level });
};
