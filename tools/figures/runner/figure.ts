/** One measured promise. A group is a module that exports `measurements`, an async generator of these. */
export interface Figure {
  readonly figure: string;
  readonly value: number | string;
  /** `s`, `ms`, `x`, `calls`, `cells`, ... */
  readonly unit: string;
  /** As people read it: `0`, `<= 2.5`, `>= 200`. */
  readonly goal: string;
  readonly met: boolean;
  /** What measures this one again, from the root. */
  readonly command: string;
}

export interface Group {
  readonly measurements: () => AsyncGenerator<Figure>;
}

export interface Machine {
  readonly cores: number;
  readonly memoryGb: number;
  readonly kernel: string;
  readonly node: string;
}

export interface GroupRun {
  /** ISO date and time, UTC. */
  readonly date: string;
  readonly machine: Machine;
  readonly figures: readonly Figure[];
}

/** docs/figures.json: the last stored run of each group. */
export type StoredRuns = Readonly<Record<string, GroupRun>>;
