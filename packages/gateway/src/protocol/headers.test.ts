import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../contracts/json.ts';
import { decodeHeaderValue, encodeHeaderValue } from './header-value.ts';
import { checkHeaders, checkParamHeaders, type Headers, legacyRevision, writeHeaders } from './headers.ts';
import { type ParamHeader, readParamHeaders } from './param-headers.ts';

const schema = (properties: JsonObject, more: JsonObject = {}): JsonObject => ({ type: 'object', properties, ...more });
const region = { type: 'string', 'x-mcp-header': 'Region' };

describe('header values', () => {
  it('decode to the text that was encoded, in visible ASCII only', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string({ unit: 'grapheme' }),
          fc.string().map((text) => `=?base64?${text}?=`),
        ),
        (text) => {
          const value = encodeHeaderValue(text);
          return /^[\x20-\x7e\t]*$/.test(value) && value.trim() === value && decodeHeaderValue(value) === text;
        },
      ),
    );
  });

  it.each([
    ['Hello, 世界', '=?base64?SGVsbG8sIOS4lueVjA==?='],
    [' padded ', '=?base64?IHBhZGRlZCA=?='],
    ['line1\nline2', '=?base64?bGluZTEKbGluZTI=?='],
    ['=?base64?literal?=', '=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?='],
    ['us-west1', 'us-west1'],
  ])('encode %j as the specification shows', (text, value) => {
    expect(encodeHeaderValue(text)).toBe(value);
  });

  it.each([
    ['what is not base64', '=?base64?***?='],
    ['base64 without padding', '=?base64?IHBhZGRlZCA?='],
    ['base64 with bits that are not used', '=?base64?YR==?='],
    ['base64 of bad UTF-8', '=?base64?/w==?='],
    ['a raw letter beyond ASCII', 'é'],
    ['a line break', 'a\nb'],
    ['space around', ' a'],
  ])('refuse %s', (_, value) => {
    expect(decodeHeaderValue(value)).toBeNull();
  });

  it('take another spelling of the sentinel literally', () => {
    expect(decodeHeaderValue('=?BASE64?YQ==?=')).toBe('=?BASE64?YQ==?=');
  });
});

describe('headers of 2026-07-28', () => {
  const body = { method: 'tools/call', params: { name: 'größe' }, revision: '2026-07-28' } as const;
  const good: Headers = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': encodeHeaderValue('größe') };

  it('match the body, encoded or not', () => {
    expect(checkHeaders(good, body).ok).toBe(true);
    expect(checkHeaders({ ...good, 'mcp-name': 'add' }, { ...body, params: { name: 'add' } }).ok).toBe(true);
    expect(checkHeaders({ ...good, 'mcp-method': 'tools/list', 'mcp-name': undefined }, { ...body, method: 'tools/list' }).ok).toBe(true);
  });

  it.each<readonly [string, Headers]>([
    ['no version', { ...good, 'mcp-protocol-version': undefined }],
    ['another version', { ...good, 'mcp-protocol-version': '2025-11-25' }],
    ['a version twice', { ...good, 'mcp-protocol-version': ['2026-07-28', '2026-07-28'] }],
    ['no method', { ...good, 'mcp-method': undefined }],
    ['another method', { ...good, 'mcp-method': 'tools/list' }],
    ['a method in other case', { ...good, 'mcp-method': 'Tools/Call' }],
    ['no name', { ...good, 'mcp-name': undefined }],
    ['another name', { ...good, 'mcp-name': 'add' }],
    ['a raw name beyond ASCII', { ...good, 'mcp-name': 'größe' }],
    ['a name that is not base64', { ...good, 'mcp-name': '=?base64?!?=' }],
    ['two names', { ...good, 'mcp-name': ['a', 'b'] }],
  ])('are refused: %s', (_, headers) => {
    expect(checkHeaders(headers, body)).toMatchObject({ ok: false, reason: 'protocol.header_mismatch' });
  });

  it('are refused where the body has no name to compare with', () => {
    expect(checkHeaders(good, { ...body, params: null }).ok).toBe(false);
    expect(checkHeaders(good, { ...body, params: { name: 1 } }).ok).toBe(false);
  });

  it('are written so that a server of the same rules takes them', () => {
    const declared: ParamHeader[] = [{ path: ['text'], header: 'Text' }];
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', minLength: 1 }),
        fc.oneof(fc.string(), fc.maxSafeInteger(), fc.boolean(), fc.constant(null)),
        (name, text) => {
          const params = { name, arguments: { text } };
          const written = writeHeaders('tools/call', params, declared);
          const headers = Object.fromEntries(Object.entries(written).map(([key, value]) => [key.toLowerCase(), value]));
          return (
            checkHeaders(headers, { method: 'tools/call', params, revision: '2026-07-28' }).ok &&
            checkParamHeaders(headers, params.arguments, declared).ok
          );
        },
      ),
    );
  });
});

describe('headers of parameters', () => {
  const declared: ParamHeader[] = [
    { path: ['region'], header: 'Region' },
    { path: ['limit', 'rows'], header: 'Rows' },
  ];

  it.each<readonly [string, Headers, JsonObject]>([
    ['no argument, no header', {}, {}],
    ['a null argument', {}, { region: null }],
    ['a text', { 'mcp-param-region': 'eu' }, { region: 'eu' }],
    ['an integer, compared as a number', { 'mcp-param-rows': '42.0' }, { limit: { rows: 42 } }],
    ['a header that nobody declared', { 'mcp-param-other': 'x' }, {}],
  ])('match: %s', (_, headers, args) => {
    expect(checkParamHeaders(headers, args, declared).ok).toBe(true);
  });

  it.each<readonly [string, Headers, JsonObject]>([
    ['a missing header', {}, { region: 'eu' }],
    ['another value', { 'mcp-param-region': 'us' }, { region: 'eu' }],
    ['a header without argument', { 'mcp-param-region': 'eu' }, {}],
    ['a header for null', { 'mcp-param-region': '' }, { region: null }],
    ['a value twice', { 'mcp-param-region': ['eu', 'eu'] }, { region: 'eu' }],
    ['another number', { 'mcp-param-rows': '42.5' }, { limit: { rows: 42 } }],
    ['a number in hexadecimal', { 'mcp-param-rows': '0x2a' }, { limit: { rows: 42 } }],
    ['a text that only equals as a number', { 'mcp-param-region': '42.0' }, { region: '42' }],
    ['a value from the prototype', { 'mcp-param-region': 'x' }, { toString: 1 }],
  ])('are refused: %s', (_, headers, args) => {
    expect(checkParamHeaders(headers, args, declared)).toMatchObject({ ok: false, reason: 'protocol.header_mismatch' });
  });

  it('are read from a schema by path', () => {
    const nested = schema({
      region,
      limit: schema({ rows: { type: 'integer', 'x-mcp-header': 'Rows' } }),
      'x-mcp-header': { type: 'string' },
    });
    expect(readParamHeaders(nested)).toEqual({ ok: true, value: declared });
    expect(readParamHeaders(schema({ a: { type: 'string', default: { 'x-mcp-header': 'no' } } }))).toEqual({ ok: true, value: [] });
  });

  it.each<readonly [string, JsonObject]>([
    ['an empty name', schema({ a: { type: 'string', 'x-mcp-header': '' } })],
    ['a space in the name', schema({ a: { type: 'string', 'x-mcp-header': 'a b' } })],
    ['a line break in the name', schema({ a: { type: 'string', 'x-mcp-header': 'a\r\nb' } })],
    ['a name that is no text', schema({ a: { type: 'string', 'x-mcp-header': 1 } })],
    ['one name twice, in other case', schema({ a: region, b: { type: 'string', 'x-mcp-header': 'REGION' } })],
    ['a number', schema({ a: { type: 'number', 'x-mcp-header': 'A' } })],
    ['an object', schema({ a: { type: 'object', 'x-mcp-header': 'A' } })],
    ['no type', schema({ a: { 'x-mcp-header': 'A' } })],
    ['a list of types', schema({ a: { type: ['string', 'null'], 'x-mcp-header': 'A' } })],
    ['the root', schema({}, { 'x-mcp-header': 'A' })],
    ['within items', schema({ a: { type: 'array', items: region } })],
    ['within anyOf', schema({}, { anyOf: [schema({ a: region })] })],
    ['within else', schema({}, { else: schema({ a: region }) })],
    ['within $defs', schema({}, { $defs: { a: region } })],
    ['within patternProperties', schema({}, { patternProperties: { a: region } })],
    ['within additionalProperties', schema({}, { additionalProperties: region })],
  ])('make a tool unusable: %s', (_, inputSchema) => {
    expect(readParamHeaders(inputSchema)).toMatchObject({ ok: false, reason: 'protocol.invalid_params' });
  });
});

describe('the revision of a legacy request', () => {
  it.each([
    [undefined, null, '2025-03-26'],
    [undefined, '2025-11-25', '2025-11-25'],
    ['2025-06-18', null, '2025-06-18'],
    ['2025-06-18', '2025-06-18', '2025-06-18'],
  ] as const)('header %s in a session of %s is %s', (header, session, revision) => {
    expect(legacyRevision({ 'mcp-protocol-version': header }, session)).toEqual({ ok: true, value: revision });
  });

  it.each([
    ['2024-11-05', null, 'protocol.unsupported_version'],
    ['2026-07-28', null, 'protocol.unsupported_version'],
    ['', null, 'protocol.unsupported_version'],
    [['2025-06-18', '2025-06-18'], null, 'protocol.unsupported_version'],
    ['2025-06-18', '2025-11-25', 'protocol.header_mismatch'],
  ] as const)('header %s in a session of %s is refused with %s', (header, session, reason) => {
    expect(legacyRevision({ 'mcp-protocol-version': header }, session)).toMatchObject({ ok: false, reason });
  });
});
