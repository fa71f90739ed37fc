import {
  CallToolResultSchema,
  InitializeRequestSchema,
  JSONRPCMessageSchema,
  ListToolsResultSchema,
  SubscriptionsListenRequestSchema,
} from '@modelcontextprotocol/core';
import { describe, expect, it } from 'vitest';
import type { JsonObject, JsonValue } from '../../contracts/json.ts';
import { checkCallResult } from '../call-result.ts';
import { writeError, writeNotification, writeRequest, writeResult } from '../json-rpc.ts';
import { REVISIONS, type Revision } from '../revision.ts';
import type { ShapedResult } from './rules.ts';
import { rulesOf } from './table.ts';

const LEGACY: readonly Revision[] = ['2025-03-26', '2025-06-18', '2025-11-25'];
const META = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientCapabilities': {} };
const client = { name: 'c', version: '1' };
const initialize = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: client };

const INVALID: readonly (readonly [string, string, JsonObject | null])[] = [
  ['initialize', 'no params', null],
  ['initialize', 'no version', { ...initialize, protocolVersion: 1 }],
  ['initialize', 'a long version', { ...initialize, protocolVersion: '2'.repeat(65) }],
  ['initialize', 'capabilities as a list', { ...initialize, capabilities: [] }],
  ['initialize', 'a client without version', { ...initialize, clientInfo: { name: 'c' } }],
  ['ping', '_meta as a text', { _meta: 'x' }],
  ['tools/list', 'a cursor that is a number', { cursor: 1 }],
  ['tools/list', 'a long cursor', { cursor: 'c'.repeat(4097) }],
  ['tools/call', 'no params', null],
  ['tools/call', 'an empty name', { name: '' }],
  ['tools/call', 'a name that is a number', { name: 1 }],
  ['tools/call', 'a long name', { name: 'n'.repeat(257) }],
  ['tools/call', 'arguments as a list', { name: 'a', arguments: [] }],
  ['tools/call', 'arguments null', { name: 'a', arguments: null }],
  ['tools/call', 'a progress token 1.5', { name: 'a', _meta: { progressToken: 1.5 } }],
  ['tools/call', 'a progress token null', { name: 'a', _meta: { progressToken: null } }],
  ['logging/setLevel', 'no level', {}],
  ['logging/setLevel', 'a level in capitals', { level: 'INFO' }],
  ['notifications/cancelled', 'an id null', { requestId: null }],
  ['notifications/cancelled', 'a reason that is no text', { requestId: 1, reason: {} }],
  ['notifications/progress', 'no token', { progress: 1 }],
  ['notifications/progress', 'progress as a text', { progressToken: 1, progress: '1' }],
  ['notifications/progress', 'total null', { progressToken: 1, progress: 1, total: null }],
  ['notifications/message', 'no data', { level: 'info' }],
  ['notifications/message', 'an unknown level', { level: 'loud', data: 1 }],
];

describe.each(LEGACY)('params of %s', (revision) => {
  it.each(INVALID)('%s with %s is refused', (method, _, params) => {
    expect(rulesOf(revision).checkParams(method, params)).toMatchObject({ ok: false, reason: 'protocol.invalid_params' });
  });

  it.each<readonly [string, JsonObject | null, JsonObject]>([
    ['initialize', initialize, { kind: 'initialize', ...initialize }],
    ['ping', null, { kind: 'plain' }],
    ['tools/list', null, { kind: 'list', cursor: null }],
    ['tools/list', { cursor: '' }, { kind: 'list', cursor: '' }],
    ['tools/call', { name: 'a' }, { kind: 'call', name: 'a', arguments: {}, progressToken: null }],
    [
      'tools/call',
      { name: 'a', arguments: { b: 1 }, _meta: { progressToken: 0 }, more: 1 },
      { kind: 'call', name: 'a', arguments: { b: 1 }, progressToken: 0 },
    ],
    ['logging/setLevel', { level: 'emergency' }, { kind: 'log-level', level: 'emergency' }],
    ['notifications/cancelled', { requestId: 'x' }, { kind: 'cancelled', requestId: 'x', reason: null }],
    [
      'notifications/progress',
      { progressToken: 'p', progress: 0.5 },
      { kind: 'progress', progressToken: 'p', progress: 0.5, total: null, message: null },
    ],
    ['notifications/message', { level: 'info', data: null }, { kind: 'log-message', level: 'info', logger: null }],
  ])('%s with %j is understood', (method, params, understood) => {
    expect(rulesOf(revision).checkParams(method, params)).toEqual({ ok: true, value: { params: understood, meta: null } });
  });
});

describe('what only some revisions have', () => {
  it('reads no wish for a task in 2026-07-28, where the server alone decides (SEP-2663)', () => {
    const _meta = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientCapabilities': {} };
    const checked = rulesOf('2026-07-28').checkParams('tools/call', { name: 'a', task: { ttl: 'x' }, _meta });
    expect(checked).toMatchObject({ ok: true, value: { params: { kind: 'call', name: 'a' } } });
    expect(checked.ok && Object.hasOwn(checked.value.params, 'task')).toBe(false);
  });

  it('lets a call run as a task in 2025-11-25, and refuses a malformed wish', () => {
    const check = (task: JsonValue) => rulesOf('2025-11-25').checkParams('tools/call', { name: 'a', task });
    expect(check({ ttl: 1 })).toMatchObject({ ok: true, value: { params: { kind: 'call', task: { ttl: 1 } } } });
    expect(check({})).toMatchObject({ ok: true, value: { params: { task: { ttl: null } } } });
    for (const task of ['x', { ttl: 'x' }, { ttl: -1 }, []])
      expect(check(task)).toMatchObject({ ok: false, reason: 'protocol.invalid_params' });
  });

  it('wants an id to cancel everywhere but in 2025-11-25', () => {
    const accepts = REVISIONS.filter((revision) => rulesOf(revision).checkParams('notifications/cancelled', {}).ok);
    expect(accepts).toEqual(['2025-11-25']);
  });
});

describe('params of 2026-07-28', () => {
  const check = (method: string, params: JsonObject | null) => rulesOf('2026-07-28').checkParams(method, params);

  it.each<readonly [string, string, JsonObject | null]>([
    ['protocol.missing_meta', 'no params', null],
    ['protocol.missing_meta', 'no _meta', { name: 'a' }],
    ['protocol.missing_meta', 'an empty _meta', { name: 'a', _meta: {} }],
    ['protocol.missing_meta', 'a version that is no text', { name: 'a', _meta: { ...META, 'io.modelcontextprotocol/protocolVersion': 1 } }],
    ['protocol.missing_meta', 'no capabilities', { name: 'a', _meta: { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' } }],
    [
      'protocol.missing_meta',
      'capabilities as a list',
      { name: 'a', _meta: { ...META, 'io.modelcontextprotocol/clientCapabilities': [] } },
    ],
    [
      'protocol.unsupported_version',
      'an older version',
      { name: 'a', _meta: { ...META, 'io.modelcontextprotocol/protocolVersion': '2025-11-25' } },
    ],
    [
      'protocol.unsupported_version',
      'an unknown one',
      { name: 'a', _meta: { ...META, 'io.modelcontextprotocol/protocolVersion': '2099-01-01' } },
    ],
    [
      'protocol.invalid_params',
      'a client without version',
      { name: 'a', _meta: { ...META, 'io.modelcontextprotocol/clientInfo': { name: 'c' } } },
    ],
    ['protocol.invalid_params', 'an unknown log level', { name: 'a', _meta: { ...META, 'io.modelcontextprotocol/logLevel': 'loud' } }],
    ['protocol.invalid_params', 'a progress token that is an object', { name: 'a', _meta: { ...META, progressToken: {} } }],
    ['protocol.invalid_params', 'answers of a round that are no object', { name: 'a', inputResponses: [], _meta: META }],
    ['protocol.invalid_params', 'a state that is no text', { name: 'a', requestState: 7, _meta: META }],
  ])('a call is refused with %s: %s', (reason, _, params) => {
    expect(check('tools/call', params)).toMatchObject({ ok: false, reason });
  });

  it.each<readonly [string, JsonValue]>([
    ['no filter', null],
    ['a filter that is a list', []],
    ['a flag that is a text', { toolsListChanged: 'yes' }],
    ['a URI that is none', { resourceSubscriptions: [1] }],
    ['too many URIs', { resourceSubscriptions: Array.from({ length: 1001 }, () => 'a:b') }],
  ])('a subscription is refused with %s', (_, notifications) => {
    expect(check('subscriptions/listen', { notifications, _meta: META })).toMatchObject({ ok: false, reason: 'protocol.invalid_params' });
  });

  it('are understood together with their envelope', () => {
    const _meta = { ...META, 'io.modelcontextprotocol/clientInfo': client, 'io.modelcontextprotocol/logLevel': 'info', progressToken: 't' };
    expect(check('tools/call', { name: 'a', _meta })).toEqual({
      ok: true,
      value: {
        params: { kind: 'call', name: 'a', arguments: {}, progressToken: 't' },
        meta: { protocolVersion: '2026-07-28', clientCapabilities: {}, clientInfo: client, logLevel: 'info' },
      },
    });
    expect(check('subscriptions/listen', { notifications: { toolsListChanged: true }, _meta: META })).toMatchObject({
      ok: true,
      value: { params: { kind: 'listen', filter: { toolsListChanged: true, promptsListChanged: false, resourceSubscriptions: [] } } },
    });
    expect(check('initialize', initialize)).toMatchObject({ ok: false, reason: 'protocol.method_not_built' });
  });
});

const TOOL: JsonObject = {
  name: 'add',
  title: 'Add',
  description: 'Adds',
  inputSchema: { type: 'object' },
  outputSchema: { type: 'object' },
  annotations: { readOnlyHint: true },
  icons: [{ src: 'https://example.org/i.png' }],
  execution: { taskSupport: 'optional' },
  _meta: { a: 1 },
  invented: true,
};

const shape = (revision: Revision, value: JsonObject): ShapedResult => {
  const result = rulesOf(revision).shapeResult('tools/call', { value, text: JSON.stringify(value) });
  expect(result.text).toBe(JSON.stringify(result.value));
  expect(CallToolResultSchema.safeParse(result.value).success).toBe(true);
  return result;
};

describe('what each revision is shown', () => {
  it.each([
    ['2025-03-26', ['name', 'description', 'inputSchema', 'annotations']],
    ['2025-06-18', ['name', 'title', 'description', 'inputSchema', 'outputSchema', 'annotations', '_meta']],
    ['2025-11-25', ['name', 'title', 'description', 'inputSchema', 'outputSchema', 'annotations', 'icons', 'execution', '_meta']],
    ['2026-07-28', ['name', 'title', 'description', 'inputSchema', 'outputSchema', 'annotations', 'icons', '_meta']],
  ] as const)('%s has of a tool %j', (revision, fields) => {
    const rules = rulesOf(revision);
    expect(Object.keys(rules.shapeItem('tool', TOOL))).toEqual(fields);
    expect(ListToolsResultSchema.safeParse(rules.shapeList('tool', [rules.shapeItem('tool', TOOL)], 'next')).success).toBe(true);
  });

  it('leaves out a schema of a result that older revisions do not allow', () => {
    const odd = { ...TOOL, outputSchema: { type: 'array' } };
    expect(REVISIONS.filter((revision) => 'outputSchema' in rulesOf(revision).shapeItem('tool', odd))).toEqual(['2026-07-28']);
  });

  it('marks lists of 2026-07-28 as complete, private and not to be kept', () => {
    expect(rulesOf('2026-07-28').shapeList('tool', [], null)).toEqual({
      resultType: 'complete',
      tools: [],
      ttlMs: 0,
      cacheScope: 'private',
    });
    expect(rulesOf('2025-11-25').shapeList('tool', [], 'n')).toEqual({ tools: [], nextCursor: 'n' });
  });

  it('gives the same text on where nothing has to change', () => {
    const value = { content: [{ type: 'text', text: 'x' }], isError: false };
    const text = JSON.stringify(value);
    for (const revision of LEGACY) expect(rulesOf(revision).shapeResult('tools/call', { value, text })).toEqual({ value, text });
    expect(shape('2026-07-28', value).text).toBe(`{"resultType":"complete",${text.slice(1)}`);
    expect(shape('2026-07-28', { resultType: 'complete', ...value }).value).toEqual({ resultType: 'complete', ...value });
  });

  it('takes from results what older revisions do not know, and loses no text', () => {
    const link = { type: 'resource_link', uri: 'file:///a', name: 'a' };
    const value = { resultType: 'complete', ttlMs: 1, cacheScope: 'public', content: [link], structuredContent: [1] };
    expect(shape('2025-03-26', value).value).toEqual({ content: [{ type: 'text', text: JSON.stringify(link) }] });
    expect(shape('2025-06-18', value).value).toEqual({ content: [link] });
    expect(shape('2026-07-28', value).value).toEqual(value);
    expect(shape('2025-03-26', { content: [], structuredContent: { a: 1 } }).value).toEqual({
      content: [{ type: 'text', text: '{"a":1}' }],
    });
    expect(shape('2025-11-25', { structuredContent: { a: 1 } }).value).toEqual({
      structuredContent: { a: 1 },
      content: [{ type: 'text', text: '{"a":1}' }],
    });
  });
});

describe('results of servers', () => {
  it.each<readonly [string, JsonObject]>([
    ['nothing', {}],
    ['content that is no list', { content: 'x' }],
    ['a block without type', { content: [{ text: 'x' }] }],
    ['a block of an unknown type', { content: [{ type: 'video', data: '' }] }],
    ['a block named after a method of objects', { content: [{ type: 'toString' }] }],
    ['a text that is a number', { content: [{ type: 'text', text: 1 }] }],
    ['an image without type', { content: [{ type: 'image', data: '' }] }],
    ['a link without name', { content: [{ type: 'resource_link', uri: 'a:b' }] }],
    ['a resource without content', { content: [{ type: 'resource', resource: { uri: 'a:b' } }] }],
    ['isError as a text', { content: [], isError: 'no' }],
    ['_meta as a list', { content: [], _meta: [] }],
    ['a request for input', { resultType: 'input_required', inputRequests: {} }],
    ['an unknown result type', { resultType: 'later', content: [] }],
  ])('are refused: %s', (_, result) => {
    expect(checkCallResult(result)).toMatchObject({ ok: false, reason: 'protocol.invalid_message' });
  });

  it.each<readonly [JsonObject]>([
    [{ content: [] }],
    [{ structuredContent: 1 }],
    [{ resultType: 'complete', content: [{ type: 'resource', resource: { uri: 'a:b', text: '' } }], isError: true, _meta: {} }],
  ])('are accepted: %j', (result) => {
    expect(checkCallResult(result).ok).toBe(true);
  });
});

describe('written messages', () => {
  it('are valid by the schemas of the official SDK', () => {
    const written = [
      writeRequest('a', 'tools/call', '{"name":"x","arguments":{}}'),
      writeRequest(1, 'ping', null),
      writeNotification('notifications/tools/list_changed', null),
      writeNotification('notifications/progress', '{"progressToken":1,"progress":1}'),
      writeResult(1, '{"content":[]}'),
      writeError('x', { code: 40300, message: 'refused', data: { ref: 'r' } }),
    ];
    for (const text of written) expect(JSONRPCMessageSchema.safeParse(JSON.parse(text)).success).toBe(true);
  });

  it('and their params are understood alike', () => {
    expect(InitializeRequestSchema.safeParse({ method: 'initialize', params: initialize }).success).toBe(true);
    const listen = { method: 'subscriptions/listen', params: { notifications: { toolsListChanged: true }, _meta: META } };
    expect(SubscriptionsListenRequestSchema.safeParse(listen).success).toBe(true);
  });
});
