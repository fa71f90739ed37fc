import { ALIASES } from '../blocks.ts';
import { type ExplainedValue, explain } from '../explain.ts';
import type { Place } from '../mistake.ts';
import type { LoadedFile } from './load.ts';

export interface PlacedValue extends ExplainedValue {
  /** Where the file says it; null where the guide's value holds. */
  readonly place: Place | null;
}

/** Every setting that holds, and the line that it came from. */
export function explainFile(file: LoadedFile): readonly PlacedValue[] {
  return explain(file.composed).map((value) => ({ ...value, place: value.source === 'guide' ? null : placeOf(file, value.key) }));
}

function placeOf({ places }: LoadedFile, key: string): Place | null {
  const [block = '', name = ''] = key.split('.');
  const spellings = [block, ...Object.keys(ALIASES).filter((alias) => ALIASES[alias] === block)];
  const spelling = spellings.find((one) => places.has([one, name]));
  return spelling === undefined ? null : places.keyAt([spelling, name]);
}
