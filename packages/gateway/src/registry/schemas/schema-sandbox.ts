import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { LIMITS } from '../../base/limits.ts';
import type { Job, JobAnswer } from './worker-protocol.ts';

/** `timeout`: the worker ran out of time or memory and was killed; `busy`: too many jobs wait. */
export type SandboxAnswer = JobAnswer | { readonly kind: 'timeout' } | { readonly kind: 'busy' };

interface Waiting {
  readonly job: Job;
  readonly limitMs: number;
  readonly done: (answer: SandboxAnswer) => void;
}

/**
 * One worker thread for untrusted schemas, one job at a time, each under a time limit that begins when the job does. A worker that
 * overruns is killed and the next job gets a new one. `run` never rejects.
 */
export class SchemaSandbox {
  #worker: Worker | null = null;
  #current: Waiting | null = null;
  #timer: NodeJS.Timeout | null = null;
  #queue: Waiting[] = [];
  #closed = false;

  run(job: Job, limitMs: number): Promise<SandboxAnswer> {
    if (this.#closed || this.#queue.length >= LIMITS.validationQueue) return Promise.resolve({ kind: 'busy' });
    return new Promise((resolve) => {
      this.#queue.push({ job, limitMs, done: resolve });
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
      // An idle worker does not keep the process alive.
      this.#worker?.unref();
      return;
    }
    this.#current = waiting;
    if (this.#worker === null) this.#start();
    else this.#send(waiting);
  }

  // The limit begins once the thread runs: starting one takes 50 ms alone and a second on a busy machine, which is not the schema's fault.
  #start(): void {
    const worker = new Worker(new URL(`./schema-worker${extname(import.meta.url)}`, import.meta.url), {
      execArgv: [],
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: LIMITS.schemaWorkerMegabytes, stackSizeMb: 4 },
    });
    this.#worker = worker;
    worker.on('online', () => {
      if (this.#worker === worker && this.#current !== null) this.#send(this.#current);
    });
    worker.on('message', (answer: JobAnswer) => this.#finish(worker, answer));
    // Out of memory, or a fault of the worker itself: the job is lost either way.
    worker.on('error', () => this.#kill(worker));
    worker.on('exit', () => this.#kill(worker));
  }

  #send(waiting: Waiting): void {
    const worker = this.#worker;
    if (worker === null) return;
    worker.ref();
    this.#timer = setTimeout(() => this.#kill(worker), waiting.limitMs);
    worker.postMessage(waiting.job);
  }

  #finish(worker: Worker, answer: JobAnswer): void {
    if (this.#worker !== worker) return;
    this.#settle(answer);
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

  #settle(answer: SandboxAnswer): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const current = this.#current;
    this.#current = null;
    current?.done(answer);
  }
}
