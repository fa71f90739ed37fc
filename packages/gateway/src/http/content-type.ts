/** A media type as a header names it, lower case. Parameters other than charset are refused before this exists. */
export interface MediaType {
  readonly essence: string;
  readonly charset: string | null;
}

const HEADER_BYTES = 256;
// RFC 9110 section 8.3.1 with one space or none around `;`. Tabs are legal there but let CVE-2026-25223 happen elsewhere: no client sends them.
const TOKEN = "[A-Za-z0-9!#$&^_.+'*`|~-]{1,127}";
const MEDIA_TYPE = new RegExp(`^(${TOKEN}/${TOKEN})(?: ?; ?charset=("?)(${TOKEN})\\2)?$`, 'i');

/** Strict: one media type and at most one charset parameter. Null for everything else, so that no two parsers can differ over it. */
export function parseMediaType(header: string | undefined): MediaType | null {
  if (header === undefined || header.length > HEADER_BYTES) return null;
  const match = MEDIA_TYPE.exec(header);
  if (match === null) return null;
  return { essence: (match[1] ?? '').toLowerCase(), charset: match[3]?.toLowerCase() ?? null };
}

/** Whether a body may be read as UTF-8 text of one of these types. Compared whole: `application/jsonp` is not `application/json`. */
export function isContentTypeAllowed(header: string | undefined, allowed: readonly string[]): boolean {
  const type = parseMediaType(header);
  return type !== null && allowed.includes(type.essence) && (type.charset === null || type.charset === 'utf-8' || type.charset === 'utf8');
}

/** Whether an Accept header (RFC 9110 section 12.5.1) takes this type. Weights of 0 exclude; an absent header takes everything. */
export function accepts(header: string | undefined, essence: string): boolean {
  if (header === undefined) return true;
  if (header.length > 1024) return false;
  const group = `${essence.split('/')[0]}/*`;
  return header.split(',').some((part) => {
    const [range = '', ...parameters] = part.split(';').map((piece) => piece.trim().toLowerCase());
    const refused = parameters.some((parameter) => /^q=0(\.0{0,3})?$/.test(parameter));
    return !refused && (range === essence || range === group || range === '*/*');
  });
}
