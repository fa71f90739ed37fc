/**
 * Why a text does not mean only itself as a path or URL, or null. A server may resolve `..`, decode `%2e`, fold full-width letters or take a backslash for a
 * slash: then what a policy compared is not what is opened. Linear.
 */
export function unplain(text: string): string | null {
  if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(text)) return 'it holds characters that do not show';
  if (text.includes('\\')) return 'it holds a backslash';
  // Composed and compatible forms alike: full-width letters and ligatures are others' spelling of plain ones.
  if (text.normalize('NFKC') !== text) return 'it is written with characters that stand for others';
  return /^[a-z][a-z0-9+.-]*:\/\//.test(text) ? unplainUrl(text) : unplainPath(text);
}

function unplainPath(text: string): string | null {
  if (/%[0-9a-f]{2}/i.test(text)) return 'it holds percent codes';
  const rest = text.startsWith('/') ? text.slice(1) : text;
  return unplainSegments(rest.split('/'));
}

// RFC 3986 section 2.3: a code for an unreserved character, a slash or a dot means the same as the character.
function unplainUrl(text: string): string | null {
  if (/%(?![0-9a-f]{2})/i.test(text) || /%(?:2[ef]|5c|[01][0-9a-f]|7f|2d|5f|7e|3[0-9]|4[1-9a-f]|5[0-9a]|6[1-9a-f]|7[0-9a])/i.test(text))
    return 'it holds percent codes for plain characters';
  const [location = ''] = text.slice(text.indexOf('://') + 3).split(/[?#]/, 1);
  const [host = '', ...segments] = location.split('/');
  if (host.includes('@')) return 'it holds a user name before the host';
  if (host !== host.toLowerCase() || host.endsWith('.')) return 'its host is not written in small letters, or ends with a dot';
  return unplainSegments(segments);
}

function unplainSegments(segments: readonly string[]): string | null {
  const inner = segments.at(-1) === '' ? segments.slice(0, -1) : segments;
  if (inner.some((segment) => segment === '.' || segment === '..')) return 'it holds . or .. as a part';
  if (segments.length > 1 && inner.some((segment) => segment === '')) return 'it holds two slashes in a row';
  if (inner.some((segment) => /[ .]$/.test(segment) || segment.startsWith(' '))) return 'a part of it begins or ends with a blank or a dot';
  return inner[0]?.startsWith('~') === true || inner.some((segment) => /~\d/.test(segment)) ? 'it holds ~' : null;
}
