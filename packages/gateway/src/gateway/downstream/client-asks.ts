import { random } from '../../base/bytes.ts';
import type { JsonObject } from '../../contracts/json.ts';
import type { RpcErrorResponse, RpcId, RpcResult } from '../../protocol/index.ts';
import type { CallStream } from './call-stream.ts';

export type ClientAnswer = RpcResult | RpcErrorResponse | { readonly kind: 'gone' };

interface Open {
  readonly origin: CallStream | null;
  readonly settle: (answer: ClientAnswer) => void;
  readonly onProgress: ((params: JsonObject) => void) | null;
}

/** What one client's session was asked and has not answered. Ids are ours and unguessable, so nothing answers for another session. */
export class ClientAsks {
  readonly #prefix = random(12).toString('base64url');
  readonly #open = new Map<RpcId, Open>();
  #next = 0;

  /** Settles once: by the client's answer, or as gone when its call or its session ends. */
  begin(origin: CallStream | null, onProgress: Open['onProgress']): { readonly id: string; readonly answer: Promise<ClientAnswer> } {
    const id = `${this.#prefix}${(this.#next++).toString(36)}`;
    const answer = new Promise<ClientAnswer>((settle) => this.#open.set(id, { origin, settle, onProgress }));
    return { id, answer };
  }

  /** False for what is not open: late, doubled, taken back or made up. */
  settle(id: RpcId | null, answer: ClientAnswer): boolean {
    const open = id === null ? undefined : this.#open.get(id);
    if (open === undefined || id === null) return false;
    this.#open.delete(id);
    open.settle(answer);
    return true;
  }

  progress(token: RpcId, params: JsonObject): void {
    this.#open.get(token)?.onProgress?.(params);
  }

  /** A call that is over asks nothing any more. */
  endOf(origin: CallStream): void {
    for (const [id, open] of this.#open) if (open.origin === origin) this.settle(id, GONE);
  }

  endAll(): void {
    for (const id of [...this.#open.keys()]) this.settle(id, GONE);
  }

  get size(): number {
    return this.#open.size;
  }
}

const GONE = { kind: 'gone' } as const;
