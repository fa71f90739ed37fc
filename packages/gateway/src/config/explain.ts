import { BLOCKS } from './blocks.ts';
import type { Composed } from './compose.ts';
import type { ComposedValue } from './read-block.ts';

/** A value with its origin and what it means: one line of `check`, of `status` and of the reference. */
export interface ExplainedValue extends ComposedValue {
  readonly about: string;
}

/** Every setting that holds, where it came from, and what is deviated from. */
export function explain(composed: Composed): readonly ExplainedValue[] {
  return composed.values.map((value) => ({ ...value, about: aboutOf(value.key) }));
}

function aboutOf(key: string): string {
  const [block = '', name = ''] = key.split('.');
  return BLOCKS[block]?.[name]?.about ?? '';
}
