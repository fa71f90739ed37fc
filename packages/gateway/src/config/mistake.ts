import type { Failure } from '../base/result.ts';
import type { ConfigReason } from '../contracts/reasons/config.ts';

/** Where something stands in a file; lines and columns count from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** One thing that is wrong with a document, told so that it can be mended. */
export interface Mistake {
  readonly reason: ConfigReason;
  /** Dotted: `rate_limiting.burst_allowance`. */
  readonly key: string;
  readonly expected: string;
  /** What stands there, shortened; null where nothing does, or where it may be a secret. */
  readonly got: string | null;
  /** The key that was probably meant. */
  readonly nearest: string | null;
  /** True: no such key exists, and `expected` lists those that do. */
  readonly unknownKey: boolean;
  /** The file, as it was named; null for a document that came from none. */
  readonly file: string | null;
  readonly position: Place | null;
  /** The whole sentence, where it is no matter of what was expected. */
  readonly said?: string;
}

/** A failure that tells everything that is wrong, not only what was found first. */
export interface Mistakes extends Failure<ConfigReason> {
  readonly mistakes: readonly Mistake[];
  /** Files that were looked at besides those of the configuration in force, absolute: a change of one may mend it. */
  readonly files?: readonly string[];
}

export type MistakeFacts = Pick<Mistake, 'reason' | 'key' | 'expected'> & {
  readonly got?: unknown;
  readonly nearest?: string | null;
  readonly unknownKey?: boolean;
};

export function mistake({ reason, key, expected, got, nearest = null, unknownKey = false }: MistakeFacts): Mistake {
  const shown = got === undefined ? null : show(got);
  return { reason, key: clip(key, 120), expected, got: shown, nearest, unknownKey, file: null, position: null };
}

export function mistakesFound(mistakes: readonly Mistake[]): Mistakes {
  return { ok: false, reason: mistakes[0]?.reason ?? 'config.invalid', detail: clip(mistakes.map(tellMistake).join('; '), 1000), mistakes };
}

/** `sallyport.yaml:14:22`, or as much of it as is known. */
export const placeOf = ({ file, position }: Mistake): string =>
  file === null ? '' : position === null ? file : `${file}:${position.line}:${position.column}`;

/** What is wrong and how it is mended, without the key and the place. */
export function sayMistake({ expected, got, nearest, unknownKey, said }: Mistake): string {
  if (said !== undefined) return said;
  if (unknownKey) return nearest === null ? `unknown key; expected ${expected}` : `unknown key; did you mean ${lastOf(nearest)}?`;
  return `expected ${expected}${got === null ? '' : `, got ${got}`}`;
}

export function tellMistake(mistake: Mistake): string {
  const place = placeOf(mistake);
  return `${place === '' ? '' : `${place} `}${mistake.key}: ${sayMistake(mistake)}`;
}

const lastOf = (key: string): string => key.slice(key.lastIndexOf('.') + 1);

function show(value: unknown): string {
  try {
    return clip(JSON.stringify(value) ?? typeof value, 60);
  } catch {
    return typeof value;
  }
}

const clip = (text: string, most: number): string => (text.length <= most ? text : `${text.slice(0, most - 1)}…`);
