import { isDeepStrictEqual } from 'node:util';
import { parseStrict, STRICT_LIMITS } from '../../src/protocol/index.ts';
import { mutant, seeded } from './mutate.ts';
import { type ReferenceLimits, referenceVerdict } from './reference-scanner.ts';

/** So small that messages of the corpus stand at each limit. */
const TIGHT: ReferenceLimits = { depth: 5, nodes: 24, keyBytes: 12, objectKeys: 4 };

export interface Tally {
  compared: number;
  accepted: number;
  readonly refused: Map<string, number>;
  readonly disagreements: string[];
}

export const emptyTally = (): Tally => ({ compared: 0, accepted: 0, refused: new Map(), disagreements: [] });

/** Compares one input under the product's limits and under tight ones: verdict, reason, value, and that what leaves reads the same. */
export function compare(bytes: Uint8Array, tally: Tally): void {
  for (const limits of [STRICT_LIMITS, TIGHT]) {
    const difference = differenceOf(bytes, limits, tally);
    if (difference !== null) tally.disagreements.push(`${difference}: ${Buffer.from(bytes).toString('base64')}`);
  }
  tally.compared++;
}

function differenceOf(bytes: Uint8Array, limits: ReferenceLimits, tally: Tally): string | null {
  const ours = parseStrict(bytes, limits);
  const theirs = referenceVerdict(bytes, limits);
  if (ours.ok !== theirs.accepted) return `accepted ${ours.ok} against ${theirs.accepted} (${[...theirs.reasons]})`;
  if (!ours.ok) {
    tally.refused.set(ours.reason, (tally.refused.get(ours.reason) ?? 0) + 1);
    return theirs.reasons.has(ours.reason) ? null : `${ours.reason} is not among ${[...theirs.reasons]}`;
  }
  tally.accepted++;
  if (!isDeepStrictEqual(ours.value.value, plain(theirs.value))) return 'another value';
  const again = parseStrict(Buffer.from(ours.value.text), STRICT_LIMITS);
  return again.ok && again.value.text === ours.value.text ? null : 'what leaves is not read the same again';
}

/** The reference keeps objects as maps, so that no key means anything to it. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (!(value instanceof Map)) return value;
  return Object.fromEntries([...value].map(([key, item]) => [key, plain(item)]));
}

/** Compares mutants until the count is reached or the time is over. */
export function run(seed: number, until: (compared: number) => boolean, tally: Tally = emptyTally()): Tally {
  const random = seeded(seed);
  while (!until(tally.compared) && tally.disagreements.length < 20) compare(mutant(random), tally);
  return tally;
}
