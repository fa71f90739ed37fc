import { random } from '../../base/bytes.ts';
import type { Clock } from '../../base/clock.ts';
import type { DownstreamSessionId, KeyId, PrincipalId } from '../../base/ids.ts';
import { LIMITS } from '../../base/limits.ts';
import { ResumableStream, type ShelfPort } from './resumable-stream.ts';
import type { Session } from './sessions.ts';

/** Where a client wants to go on. */
export interface ResumePoint {
  readonly stream: ResumableStream;
  /** Number of the last event that it has read. */
  readonly after: number;
}

interface Place {
  readonly session: DownstreamSessionId;
  readonly principal: PrincipalId;
  bytes: number;
  /** Monotonic milliseconds; null while something may still be said. */
  completedAt: number | null;
}

const EVENT_ID = /^([A-Za-z0-9_-]{16})\.(\d{1,9})$/;
const NAME_BYTES = 12;

/**
 * All streams that can be taken up again, and how much they keep: bounded for each stream in events, for each session, each principal and the gateway
 * in bytes, and in time once they are complete. What is over goes in the order: the oldest complete stream, then the oldest events, of the session or
 * principal that is over its share. Where the gateway is full it is the principal that keeps most: nobody's streams are lost for another's.
 */
export class Shelf implements ShelfPort {
  readonly #clock: Clock;
  readonly #sessions = new Map<DownstreamSessionId, { bytes: number; readonly streams: Map<string, ResumableStream> }>();
  /** Oldest first. */
  readonly #places = new Map<ResumableStream, Place>();
  readonly #principals = new Map<PrincipalId, number>();
  /** Oldest first. */
  readonly #complete = new Set<ResumableStream>();
  #bytes = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get size(): number {
    return this.#places.size;
  }

  open({ id, principalId, revision }: Pick<Session, 'id' | 'principalId' | 'revision'>, opener: KeyId): ResumableStream {
    const name = random(NAME_BYTES).toString('base64url');
    const stream = new ResumableStream({ name, opener, primes: revision === '2025-11-25', mostEvents: LIMITS.replayEvents, shelf: this });
    const own = this.#sessions.get(id) ?? { bytes: 0, streams: new Map() };
    this.#sessions.set(id, own);
    own.streams.set(name, stream);
    this.#places.set(stream, { session: id, principal: principalId, bytes: 0, completedAt: null });
    return stream;
  }

  /**
   * The stream of this session, opened with this key, that an event was told on. Null for everything else, another session's events and malformed ids
   * alike: nobody learns what exists elsewhere.
   */
  find(session: DownstreamSessionId, opener: KeyId, lastEventId: string): ResumePoint | null {
    this.sweep();
    const [, name = '', number = ''] = EVENT_ID.exec(lastEventId) ?? [];
    const stream = this.#sessions.get(session)?.streams.get(name);
    const after = Number(number);
    if (stream === undefined || stream.opener !== opener || !stream.has(after)) return null;
    return { stream, after };
  }

  endSession(session: DownstreamSessionId): void {
    for (const stream of [...(this.#sessions.get(session)?.streams.values() ?? [])]) stream.forget();
  }

  endOpener(key: KeyId): void {
    for (const stream of [...this.#places.keys()]) if (stream.opener === key) stream.forget();
  }

  /** Forgets what has been complete for long enough. */
  sweep(): void {
    const before = this.#clock.monotonic() - LIMITS.replayMs;
    for (const stream of this.#complete) {
      if ((this.#places.get(stream)?.completedAt ?? 0) > before) return;
      stream.forget();
    }
  }

  grew(stream: ResumableStream, bytes: number): void {
    const place = this.#places.get(stream);
    const own = place === undefined ? undefined : this.#sessions.get(place.session);
    if (place === undefined || own === undefined) return;
    place.bytes += bytes;
    own.bytes += bytes;
    this.#bytes += bytes;
    this.#principals.set(place.principal, this.#kept(place.principal) + bytes);
    if (bytes <= 0) return;
    while (own.bytes > LIMITS.replaySessionBytes && this.#giveBack([stream], (other) => other.session === place.session));
    while (this.#kept(place.principal) > LIMITS.replayPrincipalBytes && this.#giveBackOf(place.principal));
    while (this.#bytes > LIMITS.replayBytes && this.#giveBackOf(this.#largest()));
  }

  completed(stream: ResumableStream): void {
    const place = this.#places.get(stream);
    if (place === undefined) return;
    place.completedAt = this.#clock.monotonic();
    this.#complete.add(stream);
  }

  forgotten(stream: ResumableStream): void {
    const place = this.#places.get(stream);
    this.#places.delete(stream);
    this.#complete.delete(stream);
    if (place === undefined) return;
    const own = this.#sessions.get(place.session);
    own?.streams.delete(stream.name);
    if (this.#kept(place.principal) === 0) this.#principals.delete(place.principal);
    if (own?.streams.size === 0) this.#sessions.delete(place.session);
  }

  #giveBackOf(principal: PrincipalId): boolean {
    return this.#giveBack(this.#places.keys(), (place) => place.principal === principal);
  }

  /** @param growing the streams whose oldest event goes where no complete stream is left, in this order. */
  #giveBack(growing: Iterable<ResumableStream>, which: (place: Place) => boolean): boolean {
    const isOf = (stream: ResumableStream): boolean => {
      const place = this.#places.get(stream);
      return place !== undefined && which(place);
    };
    for (const stream of this.#complete) {
      if (stream.attached || !isOf(stream)) continue;
      stream.forget();
      return true;
    }
    for (const stream of growing) if (isOf(stream) && stream.dropOldest()) return true;
    return false;
  }

  #kept(principal: PrincipalId): number {
    return this.#principals.get(principal) ?? 0;
  }

  #largest(): PrincipalId {
    const [first] = [...this.#principals].sort(([, a], [, b]) => b - a);
    return (first?.[0] ?? '') as PrincipalId;
  }
}
