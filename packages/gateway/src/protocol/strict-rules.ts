import type { ProtocolReason } from '../contracts/reasons/protocol.ts';

/** One rule that `sanitization_rules: strict` names: what is refused, as people read it in the reference and in the log. */
export interface StrictRule {
  readonly id: string;
  readonly sentence: string;
}

/** The reasons with which strict parsing refuses. */
export type StrictReason = Extract<
  ProtocolReason,
  | 'protocol.invalid_utf8'
  | 'protocol.byte_order_mark'
  | 'protocol.invalid_json'
  | 'protocol.lone_surrogate'
  | 'protocol.duplicate_key'
  | 'protocol.case_variant_key'
  | 'protocol.forbidden_key'
  | 'protocol.unsafe_number'
  | 'protocol.too_deep'
  | 'protocol.too_wide'
>;

/**
 * The strict-parsing rules, by the reason that each refuses with. They are the first of the list that the configuration's
 * `sanitization_rules: strict` stands for (DESIGN section 7).
 */
export const STRICT_RULES = {
  'protocol.invalid_utf8': {
    id: 'strict.utf8',
    sentence: 'A message is well-formed UTF-8; nothing is replaced and read on.',
  },
  'protocol.byte_order_mark': {
    id: 'strict.byte-order-mark',
    sentence: 'A message does not begin with a byte order mark (RFC 8259 section 8.1).',
  },
  'protocol.invalid_json': {
    id: 'strict.json',
    sentence: 'A message is exactly one JSON text (RFC 8259): no comments, no trailing commas, nothing after it.',
  },
  'protocol.lone_surrogate': {
    id: 'strict.surrogates',
    sentence: 'No string holds half of a surrogate pair, also not by escape: such text has no UTF-8 form and readers differ on it.',
  },
  'protocol.duplicate_key': {
    id: 'strict.duplicate-keys',
    sentence: 'No object names a key twice, compared after unescaping: one reader takes the first, another the last.',
  },
  'protocol.case_variant_key': {
    id: 'strict.case-variants',
    sentence:
      'Where keys of the protocol stand (message, params, result, error, _meta) no key equals one of them but for its case: readers that ignore case would take it.',
  },
  'protocol.forbidden_key': {
    id: 'strict.forbidden-keys',
    sentence:
      'No key is `__proto__`, and no `constructor` holds an object with a key `prototype`: both reach the prototype of objects when they are merged.',
  },
  'protocol.unsafe_number': {
    id: 'strict.numbers',
    sentence:
      'Every number keeps its value: integers too large to be exact, more digits than a double holds, and magnitudes beyond its range are refused. 1.0 and -0 leave as 1 and 0, which are equal.',
  },
  'protocol.too_deep': {
    id: 'strict.depth',
    sentence: 'Nesting is bounded, and is counted before anything is built.',
  },
  'protocol.too_wide': {
    id: 'strict.width',
    sentence: 'The number of values, of keys in an object and the length of a key are bounded, and are counted before anything is built.',
  },
} as const satisfies Record<StrictReason, StrictRule>;
