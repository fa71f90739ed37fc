import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { addressKey } from './address.ts';

export interface ConnectionCounts {
  readonly open: number;
  /** Closed as they came, because a cap was reached. */
  readonly refused: number;
  /** Idle ones that made room for a newer one. */
  readonly displaced: number;
  /** Closed because their reader did not take what was written to it. */
  readonly unread: number;
}

export interface ConnectionLimits {
  readonly total: number;
  readonly perAddress: number;
  /** How long something written may wait for its reader. */
  readonly unreadMs: number;
  /** What a reader has to take at least while something waits for it: each so many bytes lengthen the wait by a second. */
  readonly unreadBytesPerSecond: number;
}

/** Where a connection comes from: with TLS it is spoken on one socket and admitted as another. */
type Source = string | Socket;

/** What waits for the reader of a connection, since when. */
interface Waiting {
  readonly since: number;
  /** Bytes that had been taken then. */
  readonly taken: number;
}

interface Held {
  readonly socket: Socket;
  readonly source: Source;
  readonly address: string | null;
  /** Requests that are being answered. More than one where they are pipelined. */
  requests: number;
}

/**
 * Open sockets of one listener, counted in total and by address: half-open and slow clients hold sockets, not calls.
 *
 * Where all places are taken, the connection that has been idle for the longest makes room: first of those that never sent a whole request, then of
 * those that wait for the next one. So who opens connections by the thousand shuts out nobody who has something to ask.
 */
export class Connections {
  readonly #limits: ConnectionLimits;
  readonly #held = new Map<Source, Held>();
  readonly #byAddress = new Map<string, number>();
  /** In the order in which they became idle. */
  readonly #fresh = new Set<Held>();
  readonly #kept = new Set<Held>();
  readonly #waiting = new Map<Socket, Waiting>();
  /** Sockets that are written to: with TLS the ones on top. */
  readonly #written = new Set<Socket>();
  #refused = 0;
  #displaced = 0;
  #unread = 0;

  constructor(limits: ConnectionLimits) {
    this.#limits = limits;
  }

  get counts(): ConnectionCounts {
    return { open: this.#held.size, refused: this.#refused, displaced: this.#displaced, unread: this.#unread };
  }

  /** False, and the socket destroyed, where a cap is reached. Sockets of a unix listener have no address and count in total only. */
  admit(socket: Socket): boolean {
    const key = socket.remoteAddress === undefined ? null : addressKey(socket.remoteAddress);
    const own = key === null ? 0 : (this.#byAddress.get(key) ?? 0);
    if (own >= this.#limits.perAddress || (this.#held.size >= this.#limits.total && !this.#makeRoom())) {
      this.#refused += 1;
      socket.destroy();
      return false;
    }
    const held: Held = { socket, source: sourceOf(socket), address: key, requests: 0 };
    this.#held.set(held.source, held);
    this.#fresh.add(held);
    if (key !== null) this.#byAddress.set(key, own + 1);
    socket.once('close', () => this.#forget(held));
    return true;
  }

  /** What is written to it has to be read. With TLS this is the socket on top of the one that was admitted. */
  watch(socket: Socket): void {
    this.#written.add(socket);
    socket.once('close', () => {
      this.#written.delete(socket);
      this.#waiting.delete(socket);
    });
  }

  /** A request came on it. @returns what to call once it is answered, or its client is gone. */
  began(socket: Socket): () => void {
    const held = this.#held.get(sourceOf(socket));
    if (held === undefined) return () => undefined;
    held.requests += 1;
    this.#fresh.delete(held);
    this.#kept.delete(held);
    return () => {
      held.requests -= 1;
      if (held.requests === 0 && this.#held.get(held.source) === held) this.#kept.add(held);
    };
  }

  /** Ends connections whose readers take too little. @param now monotonic milliseconds */
  sweep(now: number): void {
    for (const socket of this.#written) {
      if (socket.writableLength === 0) this.#waiting.delete(socket);
      else if (this.#isOverdue(socket, now)) {
        this.#unread += 1;
        cut(socket);
      }
    }
  }

  destroyAll(): void {
    for (const { socket } of this.#held.values()) socket.destroy();
  }

  #isOverdue(socket: Socket, now: number): boolean {
    const waiting = this.#waiting.get(socket);
    if (waiting === undefined) {
      this.#waiting.set(socket, { since: now, taken: socket.bytesWritten - socket.writableLength });
      return false;
    }
    const { unreadMs, unreadBytesPerSecond } = this.#limits;
    const owed = socket.bytesWritten - waiting.taken;
    return now - waiting.since > unreadMs + (owed / unreadBytesPerSecond) * 1000;
  }

  #makeRoom(): boolean {
    const [oldest] = this.#fresh.size > 0 ? this.#fresh : this.#kept;
    if (oldest === undefined) return false;
    this.#displaced += 1;
    this.#forget(oldest);
    oldest.socket.destroy();
    return true;
  }

  // Once, whoever is first: the close of a socket that made room comes later.
  #forget(held: Held): void {
    if (this.#held.get(held.source) !== held) return;
    this.#held.delete(held.source);
    this.#fresh.delete(held);
    this.#kept.delete(held);
    if (held.address === null) return;
    const left = (this.#byAddress.get(held.address) ?? 1) - 1;
    if (left === 0) this.#byAddress.delete(held.address);
    else this.#byAddress.set(held.address, left);
  }
}

// Nobody reads a farewell: a reset frees what the kernel holds for the reader too. There is none on TLS and on unix sockets.
function cut(socket: Socket): void {
  if (socket.remotePort === undefined || socket instanceof TLSSocket) socket.destroy();
  else socket.resetAndDestroy();
}

const sourceOf = (socket: Socket): Source => (socket.remotePort === undefined ? socket : `${socket.remoteAddress} ${socket.remotePort}`);
