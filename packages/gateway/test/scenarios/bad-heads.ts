import { gzipSync } from 'node:zlib';
import { type BadInput, callText, ERAS, META, type Stand } from './bad-stand.ts';

type Head = Omit<BadInput, 'era'>;

const at = (status: number, code: number, reason: string): Pick<BadInput, 'status' | 'code' | 'reason'> => ({ status, code, reason });
const HOST = at(403, 40300, 'http.host_not_allowed');
const ORIGIN = at(403, 40300, 'http.origin_not_allowed');
const TYPE = at(415, 41500, 'http.content_type_not_allowed');
const ENCODED = at(415, 41500, 'http.content_encoding_not_allowed');
const ACCEPT = at(406, 40600, 'http.accept_not_satisfiable');
const VERB = at(405, 40500, 'http.method_not_allowed');
const IN_URL = at(400, 40000, 'identity.credential_in_url');
const MISMATCH = at(400, -32020, 'protocol.header_mismatch');
const SESSION = at(404, 40400, 'protocol.session_unknown');
const KEY = `sp_${'k'.repeat(50)}`;

const header = (name: string, value: string | null, told: typeof HOST): Head => ({
  name: `${name}: ${value ?? 'left out'}`.slice(0, 70),
  headers: { [name]: value },
  ...told,
});

/** The same in either era: nothing of the body is read. */
const DOOR: readonly Head[] = [
  ...[
    'evil.example',
    'evil.example:8080',
    '127.0.0.1:1',
    'localhost',
    '127.0.0.1.evil.example',
    '0.0.0.0',
    '[::ffff:127.0.0.1]',
    'a@127.0.0.1',
    ' ',
  ].map((host) => header('host', host, HOST)),
  ...['https://evil.example', 'null', 'http://127.0.0.1:1', 'http://localhost', 'file://', 'http://127.0.0.1.evil.example', ''].map(
    (origin) => header('origin', origin, ORIGIN),
  ),
  ...[
    'text/plain',
    'multipart/form-data; boundary=x',
    'application/xml',
    'application/octet-stream',
    'application/x-www-form-urlencoded',
    'application/jsonp',
    'application/json, text/plain',
    'application/json; charset=utf-16',
    'application/json;\tcharset=utf-8',
    'text/event-stream',
    null,
  ].map((type) => header('content-type', type, TYPE)),
  { name: 'text/plain from a page of another site', headers: { 'content-type': 'text/plain', origin: 'https://evil.example' }, ...ORIGIN },
  ...['text/html', 'application/json', 'text/event-stream', 'application/json;q=0, text/event-stream', 'x'.repeat(1025)].map((accept) =>
    header('accept', accept, ACCEPT),
  ),
  ...['gzip', 'br', 'deflate', 'zstd', 'gzip, identity'].map((encoding) => header('content-encoding', encoding, ENCODED)),
  {
    name: 'a gzip bomb of 64 MB',
    headers: { 'content-encoding': 'gzip' },
    body: gzipSync(Buffer.alloc(64 * 1024 * 1024)),
    ...ENCODED,
  },
  {
    name: 'a declared length of one byte too many',
    headers: { 'content-length': '10485761' },
    body: '{',
    ...at(413, 41300, 'http.body_too_large'),
  },
  {
    name: 'a declared length of an exabyte',
    headers: { 'content-length': '1152921504606846976' },
    body: '{',
    ...at(413, 41300, 'http.body_too_large'),
  },
  ...['PUT', 'PATCH', 'OPTIONS', 'HEAD', 'QUERY'].map((verb): Head => ({ name: verb, verb, ...VERB })),
  { name: 'a key in the query', path: `/mcp?key=${KEY}`, ...IN_URL },
  { name: 'a token in the query', path: '/mcp?access_token=abc', ...IN_URL },
  { name: 'a key in the path', path: `/mcp/${KEY}`, ...IN_URL },
  { name: 'an escaped key in the path', path: `/mcp/${KEY.replace('s', '%73')}`, ...IN_URL },
  ...['authorization', 'content-type', 'host', 'mcp-session-id', 'mcp-protocol-version', 'mcp-method', 'mcp-name', 'origin'].map(
    (name): Head => ({ name: `${name} twice`, headers: { [name]: ['a', 'b'] }, ...MISMATCH }),
  ),
  ...[null, '', 'Bearer', 'Bearer ', 'Basic YTpi', `Bearer ${KEY} x`, `Bearer ${KEY}`, `Bearer sp_${'a'.repeat(600)}`].map(
    (value): Head => {
      const reason = value === null ? 'missing' : 'malformed';
      return {
        name: `authorization ${value?.slice(0, 12) ?? 'left out'}`,
        headers: { authorization: value },
        ...at(401, 40100, `identity.credential_${reason}`),
      };
    },
  ),
  ...['/', '/mcp/', '/mcp/Local', '/mcp/local/', '/mcp//', '/mcpx', '/mcp/../mcp', '/mcp/%6cocal', '/admin', '/api/v1/keys'].map(
    (path): Head => ({ name: `the path ${path}`, path, ...at(404, 40400, 'http.not_found') }),
  ),
];

const sessionOf =
  (whose: 'others' | 'elsewhere') =>
  (stand: Stand): Record<string, string> => ({
    'mcp-session-id': stand[whose].headers?.['mcp-session-id'] ?? '',
  });

const LEGACY: readonly BadInput[] = [
  { name: 'no session', headers: { 'mcp-session-id': null }, id: 'bad', ...at(400, -32600, 'protocol.session_required') },
  { name: 'a session that never was', headers: { 'mcp-session-id': 'x'.repeat(43) }, id: 'bad', ...SESSION },
  { name: 'an empty session', headers: { 'mcp-session-id': '' }, id: 'bad', ...SESSION },
  { name: 'a session of somebody else', headers: sessionOf('others'), id: 'bad', ...SESSION },
  { name: 'a session of another endpoint', headers: sessionOf('elsewhere'), id: 'bad', ...SESSION },
  { name: 'another revision than the session’s', headers: { 'mcp-protocol-version': '2025-06-18' }, id: 'bad', ...MISMATCH },
  {
    name: 'a revision that never was',
    headers: { 'mcp-protocol-version': '2024-01-01' },
    id: 'bad',
    ...at(400, -32022, 'protocol.unsupported_version'),
  },
  { name: 'a GET without a session', verb: 'GET', headers: { 'mcp-session-id': null }, ...at(400, -32600, 'protocol.session_required') },
  { name: 'a GET on a session of somebody else', verb: 'GET', headers: sessionOf('others'), ...SESSION },
  { name: 'a DELETE of a session of somebody else', verb: 'DELETE', headers: sessionOf('others'), body: '', ...SESSION },
  { name: 'a GET that takes no stream', verb: 'GET', headers: { accept: 'application/json' }, ...ACCEPT },
].map((one): BadInput => ({ era: 'legacy', ...one }));

const withMeta = (meta: string): string => callText('modern').replace(META, meta);
const MISSING = at(400, -32602, 'protocol.missing_meta');

const MODERN: readonly BadInput[] = [
  ...(
    [
      ['mcp-protocol-version', null],
      ['mcp-protocol-version', '2025-11-25'],
      ['mcp-method', null],
      ['mcp-method', 'tools/list'],
      ['mcp-method', 'Tools/Call'],
      ['mcp-name', null],
      ['mcp-name', 'local__read_0'],
      ['mcp-name', 'local__ECHO'],
      ['mcp-name', '=?base64?!!!?='],
      ['mcp-name', '=?base64?bG9jYWxfX3JlYWRfMA==?='],
    ] as const
  ).map(([name, value]) => ({ ...header(name, value, MISMATCH), id: 'bad' })),
  { name: 'no protocol version in _meta', body: withMeta('{"io.modelcontextprotocol/clientCapabilities":{}}'), id: 'bad', ...MISSING },
  { name: 'no capabilities in _meta', body: withMeta('{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}'), id: 'bad', ...MISSING },
  { name: 'no _meta', body: callText('legacy'), id: 'bad', ...MISSING },
  {
    name: 'a version to come in _meta alone',
    body: withMeta(META.replace('2026-07-28', '2027-01-01')),
    id: 'bad',
    ...MISMATCH,
  },
  {
    name: 'a version to come',
    body: withMeta(META.replace('2026-07-28', '2027-01-01')),
    headers: { 'mcp-protocol-version': '2027-01-01' },
    id: 'bad',
    ...at(400, -32022, 'protocol.unsupported_version'),
  },
  { name: 'a GET', verb: 'GET', ...VERB },
  { name: 'a DELETE', verb: 'DELETE', body: '', ...VERB },
].map((one): BadInput => ({ era: 'modern', ...one }));

export const BAD_HEADS: readonly BadInput[] = [
  ...ERAS.flatMap((era) => DOOR.map((head): BadInput => ({ era, ...head }))),
  ...LEGACY,
  ...MODERN,
];
