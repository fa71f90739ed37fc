import { refusalOf } from './answers.ts';
import { isStream, messagesOf, type Received, type StreamPosition } from './messages.ts';
import type { Session, SessionDeps } from './session.ts';
import { backoffMs, rest } from './wire.ts';

/** The gateway sends a comment every 15 s, so a stream that is silent for longer is a connection that is gone without saying so. */
export const STREAM_SILENCE_MS = 60_000;

export interface StandingDeps extends Omit<SessionDeps, 'say'> {
  readonly session: Session;
  readonly receive: (received: Received) => Promise<void>;
}

/** The GET stream of a legacy session, open as long as the signal lets it: what servers say and ask outside a call. It finds a restart first. */
export async function keepStandingStream(deps: StandingDeps): Promise<void> {
  const { wire, session, signal, tell, receive } = deps;
  let position: StreamPosition = { lastEventId: null, retryMs: null };
  for (let tries = 0; !signal.aborted; tries++) {
    const { id, headers } = session;
    const resumed = position.lastEventId === null ? {} : { 'last-event-id': position.lastEventId };
    const outcome = await wire.send(
      {
        method: 'GET',
        headers: { accept: 'text/event-stream', ...headers, ...resumed },
        body: null,
        signal,
        silenceMs: STREAM_SILENCE_MS,
      },
      Number.POSITIVE_INFINITY,
    );
    if (outcome.kind !== 'answered') {
      await rest(backoffMs(tries), signal);
      continue;
    }
    const { response } = outcome;
    if (response.statusCode === 200 && isStream(response)) {
      const began = performance.now();
      for await (const received of messagesOf(response, position)) await receive(received);
      if (performance.now() - began > 1000) tries = 0;
      await rest(position.retryMs ?? backoffMs(tries), signal);
      continue;
    }
    const refusal = await refusalOf(response);
    position = { lastEventId: null, retryMs: null };
    if (response.statusCode === 405) return;
    if (response.statusCode === 404) {
      const renewed = await session.renew(id);
      if (renewed.ok) continue;
    }
    if (!signal.aborted) tell(`no standing stream: ${refusal.message}`);
    await rest(backoffMs(tries), signal);
  }
}
