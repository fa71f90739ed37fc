import type { Failure } from '../base/result.ts';
import type { ConfigReason } from '../contracts/reasons/config.ts';

/** One thing that is wrong with a document, told so that it can be mended. */
export interface Mistake {
  readonly reason: ConfigReason;
  /** Dotted: `rate_limiting.burst_allowance`. */
  readonly key: string;
  readonly expected: string;
  /** What stands there, shortened; null where nothing does. */
  readonly got: string | null;
  /** The key that was probably meant. */
  readonly nearest: string | null;
  /** Where it stands, once documents come from files; lines and columns count from 1. */
  readonly position: { readonly line: number; readonly column: number } | null;
}

/** A failure that tells everything that is wrong, not only what was found first. */
export interface Mistakes extends Failure<ConfigReason> {
  readonly mistakes: readonly Mistake[];
}

export type MistakeFacts = Pick<Mistake, 'reason' | 'key' | 'expected'> & { readonly got?: unknown; readonly nearest?: string | null };

export function mistake({ reason, key, expected, got, nearest = null }: MistakeFacts): Mistake {
  return { reason, key: clip(key, 120), expected, got: got === undefined ? null : show(got), nearest, position: null };
}

export function mistakesFound(mistakes: readonly Mistake[]): Mistakes {
  const detail = mistakes.map(({ key, expected, got }) => `${key}: expected ${expected}${got === null ? '' : `, got ${got}`}`).join('; ');
  return { ok: false, reason: mistakes[0]?.reason ?? 'config.invalid', detail: clip(detail, 1000), mistakes };
}

function show(value: unknown): string {
  try {
    return clip(JSON.stringify(value) ?? typeof value, 60);
  } catch {
    return typeof value;
  }
}

const clip = (text: string, most: number): string => (text.length <= most ? text : `${text.slice(0, most - 1)}…`);
