import { Worker } from 'node:worker_threads';
import type { Logger } from '../base/log.ts';
import type { Answer, Command, Opened, Reply, Request, WorkerInput } from './messages.ts';
import { StorageError } from './storage-error.ts';
import { STORAGE_LIMITS } from './storage-limits.ts';

interface Told {
  readonly log: Logger;
  readonly onLost?: (why: string) => void;
}

interface Pending {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

// The same file runs from source and from the emitted JavaScript.
const WORKER_FILE = import.meta.url.endsWith('.ts') ? './sqlite-worker.ts' : './sqlite-worker.js';

/** The thread that owns the database. Commands are answered in the order in which they were sent; once it died everything is refused. */
export class WorkerChannel {
  readonly #worker: Worker;
  readonly #told: Told;
  readonly #pending = new Map<number, Pending>();
  #next = 1;
  #late = 0;
  #death: string | null = null;
  #closing = false;

  private constructor(worker: Worker, told: Told) {
    this.#worker = worker;
    this.#told = told;
    worker.on('message', (reply: Reply) => this.#settle(reply));
    worker.on('error', (error: Error) => this.#die(`the store's thread failed: ${error.message}`));
    worker.on('exit', () => this.#die("the store's thread has ended"));
  }

  static async open(input: WorkerInput, told: Told): Promise<WorkerChannel | Extract<Opened, { opened: false }>> {
    const worker = new Worker(new URL(WORKER_FILE, import.meta.url), { workerData: input, env: {}, execArgv: [], name: 'storage' });
    const opened = await firstMessage(worker);
    if (opened.opened) return new WorkerChannel(worker, told);
    await worker.terminate();
    return opened;
  }

  /** False once the thread died, and while a statement is over its time. */
  get available(): boolean {
    return this.#death === null && this.#late === 0;
  }

  send(command: Command): Promise<Answer> {
    if (this.#death !== null) return Promise.reject(new StorageError('storage.unavailable', this.#death));
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject, timer: setTimeout(() => this.#expire(id), STORAGE_LIMITS.statementMs) });
      this.#worker.postMessage({ id, command } satisfies Request);
    });
  }

  async close(): Promise<void> {
    if (this.#death !== null) return;
    this.#closing = true;
    await this.send({ kind: 'close' }).catch(() => undefined);
    this.#die('the store is closed');
    await this.#worker.terminate();
  }

  // The statement goes on in the thread and its outcome is unknown to the caller. Order is kept, so what follows (a rollback) still finds its place.
  #expire(id: number): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    this.#late++;
    const settleLate = () => void this.#late--;
    this.#pending.set(id, { ...pending, resolve: settleLate, reject: settleLate });
    pending.reject(
      new StorageError('storage.unavailable', `a statement took longer than ${STORAGE_LIMITS.statementMs} ms; its outcome is unknown`),
    );
  }

  #settle(reply: Reply): void {
    const pending = this.#pending.get(reply.id);
    if (pending === undefined) return;
    this.#pending.delete(reply.id);
    clearTimeout(pending.timer);
    if (reply.ok) pending.resolve(reply.answer);
    else pending.reject(reply.reason === null ? new Error(reply.detail) : new StorageError(reply.reason, reply.detail));
  }

  #die(why: string): void {
    const lost = this.#death === null && !this.#closing;
    this.#death ??= why;
    if (lost) {
      this.#told.log.error('storage.unavailable', { why });
      this.#told.onLost?.(why);
    }
    for (const { reject, timer } of this.#pending.values()) {
      clearTimeout(timer);
      reject(new StorageError('storage.unavailable', why));
    }
    this.#pending.clear();
  }
}

function firstMessage(worker: Worker): Promise<Opened> {
  return new Promise((resolve) => {
    const fail = (detail: string) => resolve({ opened: false, reason: 'storage.unavailable', detail });
    const timer = setTimeout(() => fail(`the store did not open within ${STORAGE_LIMITS.openMs} ms`), STORAGE_LIMITS.openMs);
    worker.once('message', (opened: Opened) => resolve(opened));
    worker.once('error', (error: Error) => fail(error.message));
    worker.once('exit', () => fail("the store's thread has ended"));
    worker.once('message', () => clearTimeout(timer));
  });
}
