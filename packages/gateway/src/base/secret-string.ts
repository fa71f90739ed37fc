import { inspect } from 'node:util';

/** A secret that prints as `[secret]` wherever it is logged, interpolated or serialised. `reveal` is the one way to its text. */
export class SecretString {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [inspect.custom](): string {
    return '[secret]';
  }
}
