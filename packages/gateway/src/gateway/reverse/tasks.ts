import { random } from '../../base/bytes.ts';
import type { Clock } from '../../base/clock.ts';
import type { DownstreamSessionId, ExchangeId, PrincipalId, ServerId } from '../../base/ids.ts';
import { LIMITS } from '../../base/limits.ts';
import type { JsonObject } from '../../contracts/json.ts';
import type { Principal } from '../../contracts/principal.ts';
import type { Era } from '../../contracts/target.ts';
import { type InputRequired, isTerminal, type Task } from '../../protocol/index.ts';
import type { Session } from '../downstream/sessions.ts';
import type { UpstreamSession } from '../upstream/upstream.ts';

/** A call that a server goes on with after it has answered. Its id towards clients is ours. */
export interface HeldTask {
  readonly id: string;
  readonly principalId: PrincipalId;
  /** The client's session that began it; null in the stateless era, where the principal is all there is. */
  readonly session: DownstreamSessionId | null;
  readonly era: Era;
  readonly server: ServerId;
  /** The server's own id, which means something in its own session only. */
  readonly upstreamId: string;
  readonly upstream: UpstreamSession;
  /** Of the tool: each request about the task is decided as a call of it. */
  readonly qualifiedName: string;
  /** What it was begun with, by which a policy may decide; null where that was too large to keep. */
  readonly arguments: JsonObject | null;
  /** The exchange that began it. */
  readonly parent: ExchangeId;
  readonly ttl: number;
  /** Wall time in milliseconds. */
  readonly expiresAt: number;
  last: Pick<Task, 'status' | 'told'>;
  /** What its server asked for last; null where it asked for nothing. */
  asked: InputRequired['asked'] | null;
}

export interface Began {
  readonly principal: Principal;
  readonly session: Session | null;
  readonly era: Era;
  readonly server: ServerId;
  readonly upstream: UpstreamSession;
  readonly qualifiedName: string;
  readonly arguments: JsonObject | null;
  readonly parent: ExchangeId;
}

/**
 * The tasks that are under way. An id is 256 random bits and opens only for the principal, and in the stateful era the session, that began the task:
 * for everybody else it is one that never was. Bounded in number and in time; until it is over, the upstream session that runs it is not idle.
 */
export class Tasks {
  readonly #clock: Clock;
  readonly #byId = new Map<string, HeldTask>();
  readonly #release = new Map<string, () => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether this principal may begin one more. */
  hasRoom(principal: PrincipalId): boolean {
    this.#sweep();
    let own = 0;
    for (const task of this.#byId.values()) if (task.principalId === principal) own += 1;
    return own < LIMITS.tasksPerPrincipal && this.#byId.size < LIMITS.tasks;
  }

  begin(of: Began, task: Task): HeldTask {
    const ttl = Math.min(task.ttl ?? LIMITS.taskMs, LIMITS.taskMs);
    const held: HeldTask = {
      id: random(32).toString('base64url'),
      principalId: of.principal.id,
      session: of.session?.id ?? null,
      era: of.era,
      server: of.server,
      upstreamId: task.taskId,
      upstream: of.upstream,
      qualifiedName: of.qualifiedName,
      arguments: of.arguments,
      parent: of.parent,
      ttl,
      expiresAt: this.#clock.now() + ttl,
      last: task,
      asked: null,
    };
    this.#byId.set(held.id, held);
    this.#release.set(held.id, of.upstream.hold());
    return held;
  }

  /** Null for an id that is unknown, over, another principal's or another session's: one answer for all. */
  find(id: string, principal: PrincipalId, session: DownstreamSessionId | null): HeldTask | null {
    this.#sweep();
    const held = this.#byId.get(id);
    return held !== undefined && held.principalId === principal && held.session === session ? held : null;
  }

  /** The tasks of one caller, oldest first. */
  of(principal: PrincipalId, session: DownstreamSessionId | null): readonly HeldTask[] {
    this.#sweep();
    return [...this.#byId.values()].filter((held) => held.principalId === principal && held.session === session);
  }

  /** The task that a server means by an id of its own, in this session. */
  byUpstream(session: Session, server: ServerId, upstreamId: string): HeldTask | null {
    for (const held of this.#byId.values())
      if (held.server === server && held.session === session.id && held.upstreamId === upstreamId) return held;
    return null;
  }

  /** Notes what its server said of it. What is over does not begin again. */
  note(held: HeldTask, task: Pick<Task, 'status' | 'told'>): void {
    if (!isTerminal(held.last.status)) held.last = task;
  }

  /** Nothing is left to fetch of it: its upstream session may rest. It can still be asked for until it expires. */
  rest(held: HeldTask): void {
    this.#release.get(held.id)?.();
    this.#release.delete(held.id);
  }

  forgetSession(session: DownstreamSessionId): void {
    for (const held of this.#byId.values()) if (held.session === session) this.#forget(held);
  }

  get size(): number {
    return this.#byId.size;
  }

  #forget(held: HeldTask): void {
    this.rest(held);
    this.#byId.delete(held.id);
  }

  #sweep(): void {
    const now = this.#clock.now();
    for (const held of this.#byId.values()) if (held.expiresAt <= now) this.#forget(held);
  }
}
