import { unplain } from './plain-text.ts';

/**
 * What one argument of a call has to be, at the top of its arguments: a path at or below another, or one of some texts. The rules of a grant or of a scope
 * hold together.
 */
export type ArgumentRule =
  | { readonly argument: string; readonly below: string }
  | { readonly argument: string; readonly oneOf: readonly string[] };

const MOST_RULES = 10;
const MOST_VALUES = 50;
const MOST_CHARACTERS = 300;

/** What is wrong with rules as somebody wrote them, or null. An empty list is wrong too: no rules are written as none. */
export function mistakeInRules(rules: readonly ArgumentRule[]): string | null {
  if (rules.length === 0 || rules.length > MOST_RULES) return `1 to ${MOST_RULES} rules`;
  for (const rule of rules) {
    const texts = 'below' in rule ? [rule.below] : rule.oneOf;
    if (!isText(rule.argument)) return 'a rule names an argument';
    if (texts.length === 0 || texts.length > MOST_VALUES || !texts.every(isText)) return `${rule.argument}: 1 to ${MOST_VALUES} texts`;
    const why = 'below' in rule ? unplain(rule.below) : null;
    if (why !== null) return `${rule.argument}: ${why}`;
  }
  return null;
}

const isText = (text: string): boolean => text !== '' && text.length <= MOST_CHARACTERS && !/[\p{Cc}\p{Cs}]/u.test(text);

/** Whether a call with these arguments keeps every rule. What could mean something else than it says keeps none. */
export function keepsRules(rules: readonly ArgumentRule[], given: Readonly<Record<string, unknown>>): boolean {
  return rules.every((rule) => keeps(rule, given));
}

function keeps(rule: ArgumentRule, given: Readonly<Record<string, unknown>>): boolean {
  const { argument } = rule;
  if (!Object.hasOwn(given, argument) || hasAlias(argument, given)) return false;
  const value = given[argument];
  const texts: readonly unknown[] = Array.isArray(value) ? value : [value];
  return texts.length > 0 && texts.every((text) => typeof text === 'string' && isKept(rule, text));
}

const isKept = (rule: ArgumentRule, text: string): boolean =>
  'below' in rule ? unplain(text) === null && isBelow(text, rule.below) : rule.oneOf.includes(text);

function isBelow(text: string, folder: string): boolean {
  const end = folder.endsWith('/') ? folder : `${folder}/`;
  return text.startsWith(end) || `${text}/` === end;
}

/** A second argument that a server might take for this one: other letter case, full width, a hyphen for an underscore. */
function hasAlias(argument: string, given: Readonly<Record<string, unknown>>): boolean {
  const folded = foldName(argument);
  return Object.keys(given).some((name) => name !== argument && foldName(name) === folded);
}

/** Names that are equal when this is may be taken for one another. */
export const foldName = (name: string): string =>
  name
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[\s_-]/g, '');

/** Whether whatever keeps `inner` keeps `outer` too. No outer rules are kept by everything. */
export function areRulesWithin(inner: readonly ArgumentRule[] | undefined, outer: readonly ArgumentRule[] | undefined): boolean {
  return outer === undefined || outer.every((wide) => inner?.some((narrow) => isRuleWithin(narrow, wide)) === true);
}

function isRuleWithin(narrow: ArgumentRule, wide: ArgumentRule): boolean {
  if (narrow.argument !== wide.argument) return false;
  const texts = 'below' in narrow ? [narrow.below] : narrow.oneOf;
  if ('oneOf' in wide) return 'oneOf' in narrow && texts.every((text) => wide.oneOf.includes(text));
  return texts.every((text) => isKept(wide, text));
}

/** `path below reports/ and table one of orders, items`, for people. */
export function rulesText(rules: readonly ArgumentRule[]): string {
  return rules
    .map((rule) => ('below' in rule ? `${rule.argument} below ${rule.below}` : `${rule.argument} one of ${rule.oneOf.join(', ')}`))
    .join(' and ');
}
