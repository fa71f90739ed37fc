import type { JsonObject, JsonValue } from '../../contracts/json.ts';
import type { Engine } from './compile-schema.ts';
import type { Dialect } from './dialect.ts';

/** What the main thread asks of a schema worker: one job at a time, each answered once. */
export type Job =
  /** Compile it and say how long that took. */
  | { readonly kind: 'try'; readonly schema: JsonObject; readonly dialect: Dialect; readonly engine: Engine }
  /** Validate a value. The schema comes along each time: a worker that was killed and started again knows nothing. */
  | { readonly kind: 'validate'; readonly hash: string; readonly schema: JsonObject; readonly dialect: Dialect; readonly value: JsonValue };

export type JobAnswer =
  | { readonly kind: 'compiled'; readonly ms: number }
  | { readonly kind: 'refused'; readonly detail: string }
  | { readonly kind: 'validated'; readonly problem: string | null };
