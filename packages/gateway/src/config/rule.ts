import type { z } from 'zod';

export type SettingValue = string | number | boolean | readonly string[];

/** One key of the guide's blocks: what may stand there, and which values the guide would call weaker than its own. */
export interface Rule {
  /** The guide's value: what holds when nothing is said. */
  readonly guide: SettingValue;
  readonly form: z.ZodType<SettingValue>;
  /** For people, in an error: "30_days or fewer". */
  readonly expected: string;
  isWeaker(value: SettingValue): boolean;
  /** Why a weaker value cannot be had even as a deviation; null where it can. */
  readonly noDeviation: string | null;
  /** What the key waits for; null where it is enforced. */
  readonly waitsFor: string | null;
  /** One sentence for the reference. */
  readonly about: string;
}

export type Block = Readonly<Record<string, Rule>>;
