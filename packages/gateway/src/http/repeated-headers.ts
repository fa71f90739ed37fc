/** Headers that may come once: what Node keeps of a second one differs from header to header, and from one server to the next. */
const SINGLE = new Set([
  'authorization',
  'content-encoding',
  'content-length',
  'content-type',
  'host',
  'last-event-id',
  'mcp-method',
  'mcp-name',
  'mcp-protocol-version',
  'mcp-session-id',
  'origin',
  'transfer-encoding',
]);

const NONE: readonly string[] = [];

/**
 * Names (lower case) of headers that came more than once and must not.
 * @param raw Node's `rawHeaders`: names and values in turn; `headers`: its `headers`, one member a name.
 */
export function repeatedHeaders(raw: readonly string[], headers: Readonly<Record<string, unknown>>): readonly string[] {
  // As many names as fields: none came twice.
  if (Object.keys(headers).length * 2 === raw.length) return NONE;
  const seen = new Set<string>();
  const repeated = new Set<string>();
  for (let i = 0; i < raw.length; i += 2) {
    const name = (raw[i] ?? '').toLowerCase();
    if (!SINGLE.has(name) && !name.startsWith('mcp-param-')) continue;
    if (seen.has(name)) repeated.add(name);
    seen.add(name);
  }
  return [...repeated];
}
