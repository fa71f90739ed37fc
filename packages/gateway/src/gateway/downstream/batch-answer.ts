import type { Answer } from './answer.ts';

/**
 * The one answer to a batch (MCP 2025-03-26, transports, "Sending Messages to the Server"): a JSON array of what its requests were answered, or, once
 * one of them has something to say on the way, an event stream with each answer as it comes. 202 where nothing was asked.
 */
export class BatchAnswer {
  readonly #whole: Answer;
  readonly #told: { readonly status: number; readonly json: string }[] = [];
  #left: number;
  #streams = false;
  #resumable = false;

  /** @param members how many answers are collected. */
  constructor(whole: Answer, members: number) {
    this.#whole = whole;
    this.#left = members;
  }

  /** The answer of one member. */
  member(): Answer {
    let done = false;
    const once = (act: () => void): void => {
      if (done) return;
      done = true;
      act();
      this.#left -= 1;
      if (this.#left === 0) this.#end();
    };
    const alone = (): never => {
      throw new Error('a member of a batch has no stream of its own');
    };
    return {
      notify: (json) => !done && this.#say(json),
      finish: (status, json) => once(() => this.#answered(status, json)),
      empty: () => once(() => undefined),
      stream: alone,
      carry: alone,
      resumable: (open, early) => {
        if (!this.#resumable) this.#whole.resumable(open, early);
        this.#resumable = true;
      },
      // The others may still have something to say.
      park: () => undefined,
      header: (name, value) => this.#whole.header(name, value),
      onGone: (listener) => this.#whole.onGone(listener),
    };
  }

  #say(json: string): boolean {
    if (!this.#streams) {
      this.#streams = true;
      for (const { json: before } of this.#told) this.#whole.notify(before);
    }
    return this.#whole.notify(json);
  }

  #answered(status: number, json: string): void {
    this.#told.push({ status, json });
    // The last one closes the stream.
    if (this.#streams && this.#left > 1) this.#whole.notify(json);
  }

  #end(): void {
    const last = this.#told.at(-1);
    if (last === undefined) this.#whole.empty(202);
    else if (this.#streams) this.#whole.finish(200, last.json);
    else this.#whole.finish(this.#status(), `[${this.#told.map(({ json }) => json).join(',')}]`);
  }

  // What was said of all alike (429, 503) is said by HTTP too; otherwise each answer speaks for itself.
  #status(): number {
    const [first] = this.#told;
    return first !== undefined && this.#told.every(({ status }) => status === first.status) ? first.status : 200;
  }
}
