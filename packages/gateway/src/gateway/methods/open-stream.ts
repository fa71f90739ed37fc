import { LIMITS } from '../../base/limits.ts';
import { expireWith } from '../downstream/expire-with.ts';
import type { ResumableStream } from '../downstream/resumable-stream.ts';
import type { Session } from '../downstream/sessions.ts';
import type { ResumePoint } from '../downstream/shelf.ts';
import { recorded } from './answer-recorded.ts';
import { type Handler, refuse } from './works.ts';

/**
 * GET in a legacy session: the standing stream for what servers say outside a call, or, with `Last-Event-ID`, what came after that event on the
 * stream that it was told on: a standing one, or that of a call whose connection ended early.
 */
export const openStandingStream: Handler = async (exchange, answer, works) => {
  const { session } = exchange.frame;
  if (session === null) return refuse(exchange, { verdict: 'deny', reason: 'protocol.session_required' }, answer, works);
  const { credential } = exchange.principal;
  const last = exchange.http.headers['last-event-id'];
  const point = last === undefined ? null : works.shelf.find(session.id, credential.id, String(last));
  if (last !== undefined && point === null) return refuse(exchange, { verdict: 'deny', reason: 'protocol.event_unknown' }, answer, works);
  const standing = isStanding(session, point);
  if (standing && session.streams.size >= LIMITS.streamsPerSession)
    return refuse(exchange, { verdict: 'deny', reason: 'gateway.too_many_streams', retryAfterSeconds: 60 }, answer, works);
  if (!(await recorded(exchange, answer, works, point === null ? {} : { resumedAfter: String(last) }))) return;
  const stream = point?.stream ?? works.shelf.open(session, credential.id);
  const forget = expireWith(credential, works.clock, () => stream.end());
  if (standing) enter(session, stream);
  answer.carry(stream, point?.after ?? null, () => {
    forget();
    if (standing && !stream.attached) leave(session, stream);
  });
};

const isStanding = (session: Session, point: ResumePoint | null): boolean =>
  point === null || session.away.has(point.stream) || session.streams.has(point.stream);

function enter(session: Session, stream: ResumableStream): void {
  session.away.delete(stream);
  session.streams.set(stream, stream.opener);
}

function leave(session: Session, stream: ResumableStream): void {
  session.streams.delete(stream);
  if (stream.ended) return;
  session.away.add(stream);
  for (const oldest of session.away) {
    if (session.away.size <= LIMITS.streamsPerSession) return;
    session.away.delete(oldest);
    oldest.forget();
  }
}
