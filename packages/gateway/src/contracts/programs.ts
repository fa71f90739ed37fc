/** A program that may be started as a server, as an operator lists it. */
export interface ProgramRule {
  /** Absolute. Links are followed before it is compared. */
  readonly program: string;
  /** RE2 patterns. Each argument must be matched, as a whole, by one of them. */
  readonly args: readonly string[];
  /** Variables that a registration may set for it. */
  readonly env: readonly string[];
}

/** Null: nobody listed any, and the launchers that stand in `gateway/upstream/allow-program.ts` hold. */
export type ProgramList = readonly ProgramRule[] | null;
