import type { Era } from './answer.ts';
import type { SizeOption } from './call.ts';

/** One measurement that the load generator is asked for, a line of JSON on its stdin. */
export interface Job {
  /** The MCP endpoint. */
  readonly mcp: string;
  /** Bearer keys, one a principal. */
  readonly keys: readonly string[];
  readonly era: Era;
  readonly size: SizeOption;
  /** Closed loop: so many callers, each with one call in flight. Open loop: so many calls a second, whatever happens. */
  readonly load: { readonly concurrency: number } | { readonly perSecond: number };
  /** Dropped at the beginning, in seconds. */
  readonly warmUpSeconds: number;
  readonly seconds: number;
  /** The processes whose CPU is read at the beginning and the end of what is measured. */
  readonly pids: readonly number[];
}

/** What was measured, a line of JSON on the generator's stdout. */
export interface Measured {
  readonly calls: number;
  readonly seconds: number;
  readonly perSecond: number;
  /** Milliseconds; in the open loop from the moment the call was due, so that a stall counts for all that waited. */
  readonly latency: { readonly p50: number; readonly p90: number; readonly p99: number; readonly max: number };
  /** Milliseconds between the moment a call was due and its sending: the generator's own lag. Zero in a closed loop. */
  readonly lagP50: number;
  readonly lagP99: number;
  /** CPU in seconds, one for each pid asked for. */
  readonly cpu: readonly number[];
  readonly ownCpu: number;
  readonly errors: number;
  /** The first few faults, in words. */
  readonly faults: readonly string[];
}
