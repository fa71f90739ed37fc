import type { Socket } from 'node:net';
import { addressKey } from './address.ts';

/** Open sockets of one listener, counted in total and by address: half-open and slow clients hold sockets, not calls. */
export class Connections {
  readonly #sockets = new Set<Socket>();
  readonly #byAddress = new Map<string, number>();
  readonly #total: number;
  readonly #perAddress: number;
  #refused = 0;

  constructor(limits: { readonly total: number; readonly perAddress: number }) {
    this.#total = limits.total;
    this.#perAddress = limits.perAddress;
  }

  get open(): number {
    return this.#sockets.size;
  }

  get refused(): number {
    return this.#refused;
  }

  /** False, and the socket destroyed, where a cap is reached. Sockets of a unix listener have no address and count in total only. */
  admit(socket: Socket): boolean {
    const key = socket.remoteAddress === undefined ? null : addressKey(socket.remoteAddress);
    const held = key === null ? 0 : (this.#byAddress.get(key) ?? 0);
    if (this.#sockets.size >= this.#total || held >= this.#perAddress) {
      this.#refused += 1;
      socket.destroy();
      return false;
    }
    this.#sockets.add(socket);
    if (key !== null) this.#byAddress.set(key, held + 1);
    socket.once('close', () => this.#forget(socket, key));
    return true;
  }

  destroyAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #forget(socket: Socket, key: string | null): void {
    this.#sockets.delete(socket);
    if (key === null) return;
    const left = (this.#byAddress.get(key) ?? 1) - 1;
    if (left === 0) this.#byAddress.delete(key);
    else this.#byAddress.set(key, left);
  }
}
