import type { Ask } from '../ask.ts';
import type { Env } from './placeholders.ts';

/** What `servers add` takes from where it is typed. */
export interface Adding {
  readonly env: Env;
  readonly cwd: string;
  /** Null where nobody can be asked. */
  readonly ask: (() => Promise<Ask>) | null;
}
