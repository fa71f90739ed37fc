import { FACTS, type Fact, type FactsRead } from './facts-read.ts';
import { schemaWith } from './schema.ts';

/** A schema without the facts that the policies of one slice do not read: Cedar takes in, and checks, a third of the request then. */
export interface NarrowSchema {
  /** Whether requests have to state it. */
  has(fact: Fact): boolean;
  /** The schema, with the arguments of one tool as Cedar writes their type; null: none are known. */
  text(argumentsType: string | null): string;
}

// By what a slice reads, which is one object a slice, and goes with it.
const known = new WeakMap<FactsRead, Map<string, NarrowSchema>>();

export function narrowSchema(schema: string, reads: FactsRead): NarrowSchema {
  const held = known.get(reads) ?? new Map<string, NarrowSchema>();
  known.set(reads, held);
  const narrow = held.get(schema) ?? narrowed(schema, reads);
  held.set(schema, narrow);
  return narrow;
}

/** Tools with the same arguments share a text; it is made again where there are very many. */
const MOST_TYPES = 512;

function narrowed(schema: string, reads: FactsRead): NarrowSchema {
  const plain = FACTS.filter((fact) => !reads.has(fact)).reduce((text, fact) => text.replace(declarationsOf(fact), ''), schema);
  // Of the text and not of `reads`: schemas of old documents lack some facts, and what was not cut out of one has to be stated.
  const stated = new Set(FACTS.filter((fact) => plain.includes(`"${fact}":`)));
  const texts = new Map<string, string>();
  return {
    has: (fact) => stated.has(fact),
    text(argumentsType) {
      if (argumentsType === null) return plain;
      const text = texts.get(argumentsType) ?? schemaWith(plain, argumentsType);
      if (texts.size >= MOST_TYPES) texts.clear();
      texts.set(argumentsType, text);
      return text;
    },
  };
}

/** Cedar takes a comma before a closing brace. */
const declarationsOf = (fact: Fact): RegExp => new RegExp(`"${fact}": (?:String|Bool|\\{[^{}]*\\}),?\\s*`, 'g');
