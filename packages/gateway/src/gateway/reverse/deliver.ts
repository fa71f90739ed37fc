import type { ServerId } from '../../base/ids.ts';
import type { CallStream } from '../downstream/call-stream.ts';
import type { Session } from '../downstream/sessions.ts';

/**
 * One message to one client, on one stream and never on two: the stream of the call that it belongs to; else a standing one; else, where
 * it belongs to no call, that of the newest call to this server. False where nobody reads.
 */
export function deliver(session: Session, server: ServerId, origin: CallStream | null, json: string): boolean {
  if (origin?.notify(json)) return true;
  for (const stream of session.streams.keys()) if (stream.send(json)) return true;
  if (origin !== null) return false;
  return [...session.calls].findLast((call) => call.server === server)?.notify(json) ?? false;
}
