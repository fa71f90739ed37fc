/** DESIGN section 5. */
export const EXIT = { done: 0, refused: 1, usage: 2, unreachable: 3 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Ends a command with a message for people: what happened, what it means, what to do. */
export class CommandError extends Error {
  readonly code: ExitCode;
  /** The same for programs. */
  readonly facts: Readonly<Record<string, unknown>>;

  constructor(code: ExitCode, message: string, facts: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.name = 'CommandError';
    this.code = code;
    this.facts = facts;
  }
}
