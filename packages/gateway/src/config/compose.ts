import type { Success } from '../base/result.ts';
import type { Deviation, Settings } from '../contracts/settings.ts';
import { ALIASES, BLOCKS, NOT_BUILT } from './blocks.ts';
import { type Mistake, type Mistakes, mistake, mistakesFound } from './mistake.ts';
import { nearest } from './nearest.ts';
import { bytesIn, countOf } from './quantity.ts';
import { type ComposedValue, isRecord, readBlock } from './read-block.ts';
import { readDeviations } from './read-deviations.ts';
import type { SettingValue } from './rule.ts';

/** Settings with the origin of each value. */
export interface Composed {
  readonly settings: Settings;
  readonly values: readonly ComposedValue[];
}

type Document = Readonly<Record<string, unknown>>;

/** What a document may hold beside the guide's blocks, and the deviations that this permits. */
export interface Beside {
  readonly keys: readonly string[];
  readonly deviations: readonly Deviation[];
}

const NOTHING: Beside = { keys: [], deviations: [] };

/**
 * The settings that a document means: the guide's values where it says nothing, its own where they are at least as strong, weaker ones
 * where a deviation names them. A failure lists every mistake of the document.
 * @param document `{}` for the guide's values. @param now wall time in milliseconds, by which deviations end.
 */
export function compose(document: unknown, now: number, beside: Beside = NOTHING): Success<Composed> | Mistakes {
  if (!isRecord(document))
    return mistakesFound([mistake({ reason: 'config.invalid', key: 'document', expected: 'blocks of keys', got: document })]);
  const { deviations, mistakes } = readDeviations(own(document, 'deviations'), now);
  const blocks = Object.entries(BLOCKS).map(([name, block]) => readBlock(name, block, blockIn(document, name), deviations));
  const values = blocks.flatMap((block) => block.values);
  const all = [...strangeKeys(document, beside.keys), ...mistakes, ...blocks.flatMap((block) => block.mistakes)];
  // Only judged when the rest is right: a deviation for a value that is itself wrong is not a second mistake.
  const found = all.length > 0 ? all : unused(deviations, values);
  if (found.length > 0) return mistakesFound(found);
  return {
    ok: true,
    value: Object.freeze({ settings: settingsOf(values, [...deviations, ...beside.deviations]), values: Object.freeze(values) }),
  };
}

function blockIn(document: Document, name: string): unknown {
  const alias = Object.keys(ALIASES).find((other) => ALIASES[other] === name);
  return own(document, name) ?? (alias === undefined ? undefined : own(document, alias));
}

const own = (document: Document, key: string): unknown => (Object.hasOwn(document, key) ? document[key] : undefined);

function strangeKeys(document: Document, beside: readonly string[]): readonly Mistake[] {
  const known = [...Object.keys(BLOCKS), ...Object.keys(ALIASES), 'deviations', ...beside];
  return Object.keys(document).flatMap((key) => {
    const twin = Object.hasOwn(ALIASES, key) ? ALIASES[key] : undefined;
    if (twin !== undefined && Object.hasOwn(document, twin))
      return [mistake({ reason: 'config.invalid', key, expected: `either ${twin} or ${key}` })];
    if (known.includes(key)) return [];
    if (Object.hasOwn(NOT_BUILT, key))
      return [mistake({ reason: 'config.not_built', key, expected: `nothing yet: it waits for ${NOT_BUILT[key]}` })];
    const expected = `one of ${known.join(', ')}`;
    return [mistake({ reason: 'config.invalid', key, expected, got: key, nearest: nearest(key, known), unknownKey: true })];
  });
}

// A deviation that nothing uses would be a permission lying about for whoever edits the value next.
function unused(deviations: readonly Deviation[], values: readonly ComposedValue[]): readonly Mistake[] {
  return deviations
    .filter((deviation) => !values.some((value) => value.deviation === deviation))
    .map(({ key, value }) =>
      mistake({
        reason: 'config.invalid',
        key: `deviations: ${key}`,
        expected: 'a key whose value is set to exactly this and is weaker than the guide',
        got: value,
        nearest: nearest(
          key,
          values.map((one) => one.key),
        ),
      }),
    );
}

function settingsOf(values: readonly ComposedValue[], deviations: readonly Deviation[]): Settings {
  const at = new Map<string, SettingValue>(values.map(({ key, value }) => [key, value]));
  const number = (key: string): number => Number(at.get(key));
  const flag = (key: string): boolean => at.get(key) !== false;
  const text = (key: string): string => String(at.get(key));
  const types = at.get('input_validation.allowed_content_types');
  return Object.freeze({
    rate: Object.freeze({
      requestsPerMinute: number('rate_limiting.requests_per_minute'),
      burst: number('rate_limiting.burst_allowance'),
      addressRequestsPerMinute: number('rate_limiting.address_requests_per_minute'),
      addressBurst: number('rate_limiting.burst_allowance'),
      byAddress: flag('rate_limiting.ip_based_limiting'),
      byPrincipal: flag('rate_limiting.user_based_limiting'),
      progressiveDelays: flag('rate_limiting.progressive_delays'),
    }),
    input: Object.freeze({
      maxPayloadBytes: bytesIn(text('input_validation.max_payload_size')) ?? 0,
      allowedContentTypes: Object.freeze(Array.isArray(types) ? [...types] : []),
    }),
    keys: Object.freeze({ maxAgeDays: countOf(text('authentication.rotation_policy'), 'days') ?? 0 }),
    deviations: Object.freeze([...deviations]),
  });
}
