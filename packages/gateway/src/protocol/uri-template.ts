import { RE2JS } from 're2js';

/** Longest template that is read. */
const TEMPLATE_CHARS = 2048;
const VARIABLE = /^(?:[A-Za-z0-9_]|%[0-9A-Fa-f]{2})(?:[A-Za-z0-9_.]|%[0-9A-Fa-f]{2})*(?:\*|:[1-9][0-9]{0,3})?$/;

export interface CompiledTemplate {
  readonly variables: readonly string[];
  readonly matches: (uri: string) => boolean;
}

/**
 * Whether a URI can have been made of an RFC 6570 template, or null where the text is no template. Matching takes time linear in the URI (RE2). A value
 * of `{var}` ends at `/`, `?` and `#`, so that a template for one folder is not one for what lies under it.
 */
export function compileTemplate(template: string): CompiledTemplate | null {
  if (template === '' || template.length > TEMPLATE_CHARS) return null;
  let pattern = '';
  const variables: string[] = [];
  for (const part of template.split(/(\{[^{}]*\})/)) {
    const piece = part.startsWith('{') ? expression(part.slice(1, -1)) : literal(part);
    if (piece === null) return null;
    pattern += piece;
    if (part.startsWith('{')) variables.push(...namesIn(part.slice(1, -1)).map(bare));
  }
  const compiled = RE2JS.compile(pattern, RE2JS.DOTALL);
  return { variables, matches: (uri) => compiled.matches(uri) };
}

const namesIn = (text: string): readonly string[] => text.replace(/^[+#./;?&]/, '').split(',');
/** A variable without its modifier. */
const bare = (name: string): string => name.replace(/[*:].*$/, '');

const literal = (text: string): string | null => (/[{}\s\p{C}]/u.test(text) ? null : RE2JS.quote(text));

function expression(text: string): string | null {
  const operator = /^[+#./;?&]/.exec(text)?.[0] ?? '';
  const names = namesIn(text);
  if (!names.every((name) => VARIABLE.test(name))) return null;
  const pair = `(?:${names.map((name) => RE2JS.quote(bare(name))).join('|')})(?:=[^&#\\s]*)?`;
  switch (operator) {
    case '':
      return '[^/?#\\s]+';
    case '+':
      return '\\S+';
    case '#':
      return '(?:#\\S*)?';
    case '.':
      return '(?:\\.[^/?#\\s]*)?';
    case '/':
      return '(?:/[^/?#\\s]*)*';
    case ';':
      return '(?:;[^/?#;\\s]*)*';
    default:
      return `(?:${operator === '?' ? '\\?' : '&'}${pair}(?:&${pair})*)?`;
  }
}
