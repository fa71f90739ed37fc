import type { Deviation } from '../contracts/settings.ts';
import { type Mistake, mistake } from './mistake.ts';
import { nearest } from './nearest.ts';
import type { Block, Rule, SettingValue } from './rule.ts';

/** One value as it holds, and where it came from. */
export interface ComposedValue {
  readonly key: string;
  readonly value: SettingValue;
  /** `guide`: nothing was said; `document`: said, and at least as strong; `deviation`: weaker, and permitted by name. */
  readonly source: 'guide' | 'document' | 'deviation';
  readonly guide: SettingValue;
  readonly deviation: Deviation | null;
}

export interface ReadBlock {
  readonly values: readonly ComposedValue[];
  readonly mistakes: readonly Mistake[];
}

type Read = ComposedValue | Mistake;

/** Reads one block: every key that it may have, given or not, and a mistake for every key that it may not have. */
export function readBlock(name: string, block: Block, given: unknown, deviations: readonly Deviation[]): ReadBlock {
  if (given !== undefined && !isRecord(given)) {
    return { values: [], mistakes: [mistake({ reason: 'config.invalid', key: name, expected: 'a block of keys', got: given })] };
  }
  const document = given ?? {};
  const strays = Object.keys(document).filter((key) => !Object.hasOwn(block, key));
  // A key that waits for its room has no value that holds, so there is none to show until somebody asks for one.
  const rules = Object.entries(block).filter(([key, rule]) => rule.waitsFor === null || Object.hasOwn(document, key));
  const read = rules.map(([key, rule]) =>
    readKey(`${name}.${key}`, rule, Object.hasOwn(document, key) ? document[key] : undefined, deviations),
  );
  return {
    values: read.filter((one): one is ComposedValue => 'source' in one),
    mistakes: [...strays.map((key) => stray(name, key, Object.keys(block))), ...read.filter((one): one is Mistake => 'reason' in one)],
  };
}

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const stray = (block: string, key: string, known: readonly string[]): Mistake => {
  const near = nearest(key, known);
  return mistake({
    reason: 'config.invalid',
    key: `${block}.${key}`,
    expected: `one of ${known.join(', ')}`,
    got: key,
    nearest: near === null ? null : `${block}.${near}`,
    unknownKey: true,
  });
};

function readKey(key: string, rule: Rule, given: unknown, deviations: readonly Deviation[]): Read {
  if (given === undefined) return { key, value: rule.guide, source: 'guide', guide: rule.guide, deviation: null };
  const parsed = rule.form.safeParse(given);
  if (!parsed.success) return mistake({ reason: 'config.invalid', key, expected: rule.expected, got: given });
  const value = parsed.data;
  if (rule.isWeaker(value)) return weaker(key, rule, value, deviations);
  // The guide's own value is true already or harmless to repeat; any other would be accepted and then ignored.
  if (rule.waitsFor !== null)
    return mistake({ reason: 'config.not_built', key, expected: `nothing yet: it waits for ${rule.waitsFor}`, got: value });
  return { key, value, source: 'document', guide: rule.guide, deviation: null };
}

function weaker(key: string, rule: Rule, value: SettingValue, deviations: readonly Deviation[]): Read {
  if (rule.noDeviation !== null) {
    return mistake({ reason: 'config.no_deviation_possible', key, expected: `${rule.expected} (${rule.noDeviation})`, got: value });
  }
  const deviation = deviations.find((one) => one.key === key && isEqual(one.value, value));
  if (deviation !== undefined) return { key, value, source: 'deviation', guide: rule.guide, deviation };
  return mistake({
    reason: 'config.weaker_than_guide',
    key,
    expected: `${rule.expected}, or a deviation that names this key and value`,
    got: value,
  });
}

export const isEqual = (a: SettingValue, b: SettingValue): boolean => JSON.stringify(a) === JSON.stringify(b);
