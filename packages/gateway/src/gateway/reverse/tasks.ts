import { random, sha256Hex } from '../../base/bytes.ts';
import type { Clock } from '../../base/clock.ts';
import type { DownstreamSessionId, ExchangeId, PrincipalId, ServerId } from '../../base/ids.ts';
import { LIMITS } from '../../base/limits.ts';
import { failure, type Result, success } from '../../base/result.ts';
import type { JsonObject } from '../../contracts/json.ts';
import type { Principal } from '../../contracts/principal.ts';
import type { StorageReason } from '../../contracts/reasons/storage.ts';
import type { VaultReason } from '../../contracts/reasons/vault.ts';
import type { Era } from '../../contracts/target.ts';
import type { Sealer } from '../../contracts/vault.ts';
import { type InputRequired, isTerminal, type Task } from '../../protocol/index.ts';
import type { Session } from '../downstream/sessions.ts';
import type { TaskStore } from '../held/task-store.ts';
import type { UpstreamSession } from '../upstream/upstream.ts';

type Asked = InputRequired['asked'];

/** A call that a server goes on with after it has answered. Its id towards clients is ours. */
export interface HeldTask {
  readonly id: string;
  readonly principalId: PrincipalId;
  /** The client's session that began it; null in the stateless era, where the principal is all there is. */
  readonly session: DownstreamSessionId | null;
  readonly era: Era;
  readonly server: ServerId;
  /** The server's own id, which means something at its own place only. */
  readonly upstreamId: string;
  /** See `UpstreamSession.place`. */
  readonly place: string;
  /** Of the tool: each request about the task is decided as a call of it. */
  readonly qualifiedName: string;
  /** What it was begun with, by which a policy may decide; null where that was too large to keep. */
  readonly arguments: JsonObject | null;
  /** The exchange that began it. */
  readonly parent: ExchangeId;
  readonly ttl: number;
  /** Wall time in milliseconds. */
  readonly expiresAt: number;
  /** Of the stateful era: as its server spoke of it last. */
  last: Pick<Task, 'status' | 'told'>;
  /** What its server asked for last; null where it asked for nothing. */
  readonly asked: Asked | null;
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

type Kept<T> = Promise<Result<T, StorageReason | VaultReason>>;

const BOUNDS = { perPrincipal: LIMITS.tasksPerPrincipal, all: LIMITS.tasks };
const UNTOLD = { status: 'working', told: {} } as const;

/**
 * The tasks that are under way. An id is 256 random bits and opens only for the principal, and in the stateful era the session, that began the task:
 * for everybody else it is one that never was. Those of the stateful era live and end here, with that session; those of the stateless era stand in
 * the store, sealed, for every gateway on it. Bounded in number and in time; until it is over, the upstream session that runs it is not idle.
 */
export class Tasks {
  readonly #clock: Clock;
  readonly #store: TaskStore;
  readonly #sealer: Sealer;
  readonly #byId = new Map<string, HeldTask>();
  readonly #resting = new Map<string, { readonly at: number; readonly release: () => void }>();
  /** Ends the place of the call that began a task, among those under way at its server. */
  readonly #places = new Map<string, () => void>();

  constructor(clock: Clock, store: TaskStore, sealer: Sealer) {
    this.#clock = clock;
    this.#store = store;
    this.#sealer = sealer;
  }

  /**
   * Null where this principal, or everybody, has too many.
   * @param handOver takes the place of the call; it ends when the task is over, expires, or goes with its server's session or its client's
   */
  async begin(of: Began, task: Task, handOver: () => () => void): Kept<HeldTask | null> {
    this.sweep();
    const held = this.#heldOf(of, task);
    if (held.session !== null) {
      if (!this.#hasRoom(held.principalId)) return success(null);
      this.#byId.set(held.id, held);
    } else {
      const added = await this.#add(of.principal, held);
      if (!added.ok || !added.value) return added.ok ? success(null) : added;
    }
    this.#resting.set(held.id, { at: held.expiresAt, release: of.upstream.hold(() => this.over(held)) });
    this.#places.set(held.id, handOver());
    if (isTerminal(task.status)) this.over(held);
    return success(held);
  }

  /** Null for an id that is unknown, over, another principal's or another session's: one answer for all. */
  async find(id: string, principal: Principal, session: DownstreamSessionId | null): Kept<HeldTask | null> {
    this.sweep();
    const held = this.#byId.get(id);
    if (held !== undefined) return success(held.principalId === principal.id && held.session === session ? held : null);
    if (session !== null) return success(null);
    const key = keyOf(id, principal.id);
    const found = await this.#store.find(principal.tenant, key, this.#clock.now());
    if (!found.ok || found.value === null) return found.ok ? success(null) : found;
    const begun = this.#open<Omit<HeldTask, 'asked' | 'last'>>(found.value.begun, 'begun', principal, key.id);
    const asked = found.value.asked === null ? success(null) : this.#open<Asked>(found.value.asked, 'asked', principal, key.id);
    if (!begun.ok) return begun;
    return asked.ok ? success({ ...begun.value, last: UNTOLD, asked: asked.value }) : asked;
  }

  /** The tasks of one caller's session, oldest first. */
  of(principal: PrincipalId, session: DownstreamSessionId | null): readonly HeldTask[] {
    this.sweep();
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
    if (isTerminal(task.status)) this.over(held);
  }

  /** Notes what its server asks for, of a task of the stateless era: the answers are held to it, whichever gateway they come to. */
  async ask(held: HeldTask, principal: Principal, asked: Asked): Kept<null> {
    const key = keyOf(held.id, principal.id);
    return this.#store.ask(principal.tenant, key, this.#seal(asked, 'asked', principal, key.id));
  }

  /** Its server works on it no more, as far as anybody can know. */
  over({ id }: Pick<HeldTask, 'id'>): void {
    this.#places.get(id)?.();
    this.#places.delete(id);
  }

  /** Nothing is left to fetch of it: its upstream session may rest. It can still be asked for until it expires. */
  rest({ id }: Pick<HeldTask, 'id'>): void {
    this.over({ id });
    this.#resting.get(id)?.release();
    this.#resting.delete(id);
  }

  forgetSession(session: DownstreamSessionId): void {
    for (const held of this.#byId.values()) if (held.session === session) this.#forget(held);
  }

  #heldOf(of: Began, task: Task): HeldTask {
    const ttl = Math.min(task.ttl ?? LIMITS.taskMs, LIMITS.taskMs);
    return {
      id: random(32).toString('base64url'),
      principalId: of.principal.id,
      session: of.session?.id ?? null,
      era: of.era,
      server: of.server,
      upstreamId: task.taskId,
      place: of.upstream.place,
      qualifiedName: of.qualifiedName,
      arguments: of.arguments,
      parent: of.parent,
      ttl,
      expiresAt: this.#clock.now() + ttl,
      last: task,
      asked: null,
    };
  }

  #hasRoom(principal: PrincipalId): boolean {
    let own = 0;
    for (const task of this.#byId.values()) if (task.principalId === principal) own += 1;
    return own < LIMITS.tasksPerPrincipal && this.#byId.size < LIMITS.tasks;
  }

  #add(principal: Principal, { last: _told, asked: _none, ...held }: HeldTask): Kept<boolean> {
    const key = keyOf(held.id, principal.id);
    const begun = this.#seal(held, 'begun', principal, key.id);
    return this.#store.add(principal.tenant, { ...key, expiresAt: held.expiresAt, begun }, this.#clock.now(), BOUNDS);
  }

  #seal(value: object, part: string, principal: Principal, id: string): string {
    return this.#sealer.seal(Buffer.from(JSON.stringify(value)), boundTo(part, principal, id)).toString('base64url');
  }

  #open<T>(sealed: string, part: string, principal: Principal, id: string): Result<T, VaultReason> {
    const opened = this.#sealer.open(Buffer.from(sealed, 'base64url'), boundTo(part, principal, id));
    return opened.ok ? success(JSON.parse(opened.value.toString()) as T) : failure(opened.reason, opened.detail);
  }

  #forget(held: HeldTask): void {
    this.rest(held);
    this.#byId.delete(held.id);
  }

  sweep(): void {
    const now = this.#clock.now();
    for (const held of this.#byId.values()) if (held.expiresAt <= now) this.#forget(held);
    for (const [id, { at }] of this.#resting) if (at <= now) this.rest({ id });
  }
}

// Of another row, another principal or another part it does not open.
const boundTo = (part: string, { tenant, id }: Principal, task: string): string => JSON.stringify(['task', part, tenant, id, task]);
const keyOf = (id: string, principal: PrincipalId) => ({ id: sha256Hex(id), principal });
