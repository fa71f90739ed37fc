import { setTimeout as wait } from 'node:timers/promises';
import { type Caller, call, modern, session, textOf } from './wire.ts';

/** What somebody who calls well-behaved servers all the while has seen. */
export interface Seen {
  readonly calls: number;
  readonly failures: readonly string[];
  readonly p99Ms: number;
  readonly slowestMs: number;
  /** Resident memory of this process, the gateway's too, above what it was at the start. */
  readonly grownMb: number;
}

const EVERY_MS = 20;

/** Calls a server over stdio and one over HTTP, in both eras, until it is told to stop. */
export class Bystander {
  readonly caller: Caller;
  readonly #times: number[] = [];
  readonly #failures: string[] = [];
  readonly #before = process.memoryUsage.rss();
  #peak = 0;
  #going = true;
  #running: Promise<unknown> = Promise.resolve();

  static async begin(caller: Caller): Promise<Bystander> {
    const bystander = new Bystander(caller);
    const inside = await session(caller);
    // What starts a server is no measure of how the others do.
    await call(inside, 'first', 'good__echo', {});
    bystander.#running = Promise.all([
      bystander.#repeat((text) => call(inside, text, 'good__echo', { text })),
      bystander.#repeat((text) => modern(caller, text, 'tools/call', { name: 'good-http__echo', arguments: { text } })),
    ]);
    return bystander;
  }

  private constructor(caller: Caller) {
    this.caller = caller;
  }

  async end(): Promise<Seen> {
    this.#going = false;
    await this.#running;
    const sorted = [...this.#times].sort((a, b) => a - b);
    return {
      calls: sorted.length,
      failures: this.#failures,
      p99Ms: sorted[Math.floor(sorted.length * 0.99)] ?? 0,
      slowestMs: sorted.at(-1) ?? 0,
      grownMb: Math.round((this.#peak - this.#before) / 1_048_576),
    };
  }

  async #repeat(send: (text: string) => ReturnType<typeof call>): Promise<void> {
    for (let i = 0; this.#going; i++) {
      const text = `bystander ${i}`;
      const began = performance.now();
      const answer = await send(text).then(textOf, String);
      this.#times.push(performance.now() - began);
      this.#peak = Math.max(this.#peak, process.memoryUsage.rss());
      if (!answer.includes(text)) this.#failures.push(answer);
      await wait(EVERY_MS);
    }
  }
}
