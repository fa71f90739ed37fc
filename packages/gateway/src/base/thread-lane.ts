import { Worker } from 'node:worker_threads';
import { READY } from './serve-lane.ts';

/** `timeout`: the thread ran out of time or memory and was killed; `busy`: too many jobs wait. */
export type LaneAnswer<A> = { readonly kind: 'answer'; readonly answer: A } | { readonly kind: 'timeout' } | { readonly kind: 'busy' };

export interface LaneOptions {
  /** The module that serves it (`serveLane`). */
  readonly script: URL;
  readonly megabytes: number;
  /** Jobs that may wait. */
  readonly queue: number;
}

/** A thread that is not there by then never will be. */
const START_MS = 30_000;

interface Waiting<J, A> {
  readonly job: J;
  readonly transfer: readonly ArrayBuffer[];
  readonly limitMs: number;
  readonly done: (answer: LaneAnswer<A>) => void;
}

/**
 * One thread for work that a stranger's input makes long, one job at a time, each under a time limit that begins when the job does. A thread
 * that overruns is killed and the next job gets a new one. `run` never rejects.
 */
export class ThreadLane<J, A> {
  readonly #options: LaneOptions;
  #worker: Worker | null = null;
  #current: Waiting<J, A> | null = null;
  #timer: NodeJS.Timeout | null = null;
  #queue: Waiting<J, A>[] = [];
  #closed = false;

  constructor(options: LaneOptions) {
    this.#options = options;
  }

  run(job: J, limitMs: number, transfer: readonly ArrayBuffer[] = []): Promise<LaneAnswer<A>> {
    if (this.#closed || this.#queue.length >= this.#options.queue) return Promise.resolve({ kind: 'busy' });
    return new Promise((resolve) => {
      this.#queue.push({ job, limitMs, transfer, done: resolve });
      this.#next();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    const left = this.#queue.splice(0);
    for (const waiting of left) waiting.done({ kind: 'busy' });
    const worker = this.#worker;
    this.#abandon();
    await worker?.terminate();
  }

  #next(): void {
    if (this.#current !== null) return;
    const waiting = this.#queue.shift();
    if (waiting === undefined) {
      // An idle thread does not keep the process alive.
      this.#worker?.unref();
      return;
    }
    this.#current = waiting;
    if (this.#worker === null) this.#start();
    else this.#send(waiting);
  }

  // The limit begins once the thread has loaded what it runs: that takes 200 ms alone and seconds on a busy machine, which is not the job's fault.
  #start(): void {
    const worker = new Worker(this.#options.script, {
      execArgv: [],
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: this.#options.megabytes, stackSizeMb: 4 },
    });
    this.#worker = worker;
    this.#timer = setTimeout(() => this.#kill(worker), START_MS);
    worker.on('message', (told: A | typeof READY) => {
      if (told === READY) this.#begin(worker);
      else this.#finish(worker, told);
    });
    // Out of memory, or a fault of the thread itself: the job is lost either way.
    worker.on('error', () => this.#kill(worker));
    worker.on('exit', () => this.#kill(worker));
  }

  #begin(worker: Worker): void {
    if (this.#worker === worker && this.#current !== null) this.#send(this.#current);
  }

  #send(waiting: Waiting<J, A>): void {
    const worker = this.#worker;
    if (worker === null) return;
    worker.ref();
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#kill(worker), waiting.limitMs);
    worker.postMessage(waiting.job, [...waiting.transfer]);
  }

  #finish(worker: Worker, answer: A): void {
    if (this.#worker !== worker) return;
    this.#settle({ kind: 'answer', answer });
    this.#next();
  }

  #kill(worker: Worker): void {
    if (this.#worker !== worker) return;
    this.#abandon();
    void worker.terminate();
    this.#next();
  }

  #abandon(): void {
    this.#worker = null;
    this.#settle({ kind: 'timeout' });
  }

  #settle(answer: LaneAnswer<A>): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const current = this.#current;
    this.#current = null;
    current?.done(answer);
  }
}
