/** Names under which policies read what they are told: attributes of entities and members of the context. */
export const FACTS = [
  'tenant',
  'purpose',
  'server',
  'name',
  'effect',
  'dataClass',
  'environment',
  'inScope',
  'methodInScope',
  'time',
  'arguments',
] as const;

export type Fact = (typeof FACTS)[number];
export type FactsRead = ReadonlySet<Fact>;

const NAMES = FACTS.map((fact) => [fact, new RegExp(`\\b${fact}\\b`)] as const);
const ALL: FactsRead = new Set(FACTS);

/**
 * The facts that policies might read: those whose names stand in their texts, wherever. One too many costs microseconds; of one too few, `has` would say
 * that it is not there. A name can be written with escapes: where there are any, everything counts as read.
 */
export function factsRead(texts: readonly string[]): FactsRead {
  if (texts.some((text) => text.includes('\\'))) return ALL;
  return new Set(NAMES.flatMap(([fact, name]) => (texts.some((text) => name.test(text)) ? [fact] : [])));
}
