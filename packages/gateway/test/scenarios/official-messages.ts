import {
  CallToolRequestSchema,
  CancelledNotificationSchema,
  ClientCapabilitiesSchema,
  CompleteRequestSchema,
  DiscoverRequestSchema,
  GetPromptRequestSchema,
  ImplementationSchema,
  InitializedNotificationSchema,
  InitializeRequestSchema,
  JSONRPCMessageSchema,
  ListPromptsRequestSchema,
  ListResourcesRequestSchema,
  ListResourceTemplatesRequestSchema,
  ListToolsRequestSchema,
  LoggingLevelSchema,
  PingRequestSchema,
  ProgressNotificationSchema,
  ProgressTokenSchema,
  ReadResourceRequestSchema,
  SetLevelRequestSchema,
  SubscribeRequestSchema,
  SubscriptionsListenRequestSchema,
  UnsubscribeRequestSchema,
} from '@modelcontextprotocol/core';
import { z } from 'zod';
import type { JsonObject, JsonValue } from '../../src/contracts/json.ts';

export const LEGACY_REVISIONS = ['2025-03-26', '2025-06-18', '2025-11-25'] as const;
export const MODERN_REVISION = '2026-07-28';
export type Spoken = (typeof LEGACY_REVISIONS)[number] | typeof MODERN_REVISION;

/** The official schema of each message that the gateway takes from a client. */
const OFFICIAL = {
  initialize: InitializeRequestSchema,
  ping: PingRequestSchema,
  'server/discover': DiscoverRequestSchema,
  'tools/list': ListToolsRequestSchema,
  'tools/call': CallToolRequestSchema,
  'logging/setLevel': SetLevelRequestSchema,
  'subscriptions/listen': SubscriptionsListenRequestSchema,
  'prompts/list': ListPromptsRequestSchema,
  'prompts/get': GetPromptRequestSchema,
  'resources/list': ListResourcesRequestSchema,
  'resources/templates/list': ListResourceTemplatesRequestSchema,
  'resources/read': ReadResourceRequestSchema,
  'resources/subscribe': SubscribeRequestSchema,
  'resources/unsubscribe': UnsubscribeRequestSchema,
  'completion/complete': CompleteRequestSchema,
  'notifications/initialized': InitializedNotificationSchema,
  'notifications/cancelled': CancelledNotificationSchema,
  'notifications/progress': ProgressNotificationSchema,
} as const;

const META = 'io.modelcontextprotocol/';
/** The envelope that 2026-07-28 asks of each request, of the official schema's own parts. */
const ENVELOPED = z.looseObject({
  params: z.looseObject({
    _meta: z.looseObject({
      progressToken: ProgressTokenSchema.optional(),
      [`${META}protocolVersion`]: z.string(),
      [`${META}clientCapabilities`]: ClientCapabilitiesSchema,
      [`${META}clientInfo`]: ImplementationSchema.optional(),
      [`${META}logLevel`]: LoggingLevelSchema.optional(),
    }),
  }),
});

/** Whether the official schema of that revision refuses the message, as JSON-RPC or as the method that it names. */
export function isRefusedOfficially(revision: Spoken, message: JsonValue): boolean {
  if (!JSONRPCMessageSchema.safeParse(message).success) return true;
  const { method, id } = message as JsonObject;
  if (typeof method !== 'string' || !Object.hasOwn(OFFICIAL, method)) return false;
  if (!OFFICIAL[method as keyof typeof OFFICIAL].safeParse(message).success) return true;
  return revision === MODERN_REVISION && id !== undefined && !ENVELOPED.safeParse(message).success;
}

const request = (method: string, params?: JsonObject): JsonObject => ({
  jsonrpc: '2.0',
  id: 'm',
  method,
  ...(params === undefined ? {} : { params }),
});
const notification = (method: string, params?: JsonObject): JsonObject => ({
  jsonrpc: '2.0',
  method,
  ...(params === undefined ? {} : { params }),
});

const CLIENT = {
  name: 'corpus',
  version: '1',
  title: 'A corpus',
  icons: [{ src: 'https://example.com/i.png', mimeType: 'image/png', sizes: ['48x48'] }],
};
const CAPABILITIES = {
  roots: { listChanged: true },
  sampling: {},
  elicitation: {},
  experimental: { any: {} },
  tasks: { requests: { sampling: { createMessage: {} } } },
};
const ENVELOPE = {
  progressToken: 'p',
  [`${META}protocolVersion`]: MODERN_REVISION,
  [`${META}clientCapabilities`]: { sampling: {}, elicitation: {}, extensions: { 'io.modelcontextprotocol/tasks': {} } },
  [`${META}clientInfo`]: CLIENT,
  [`${META}logLevel`]: 'info',
};
const CALL = { name: 'local__echo', arguments: { text: 'never seen' } };

/** A full message of each kind that a client of this revision sends. */
export const officialMessages = (revision: Spoken): readonly JsonObject[] =>
  revision === MODERN_REVISION
    ? [
        request('server/discover', { _meta: ENVELOPE }),
        request('tools/list', { cursor: 'c', _meta: ENVELOPE }),
        request('tools/call', { ...CALL, _meta: ENVELOPE }),
        request('subscriptions/listen', {
          notifications: {
            toolsListChanged: true,
            promptsListChanged: false,
            resourcesListChanged: false,
            resourceSubscriptions: ['file:///a'],
          },
          _meta: ENVELOPE,
        }),
        notification('notifications/cancelled', { requestId: 'x', reason: 'enough' }),
      ]
    : [
        request('initialize', { protocolVersion: revision, capabilities: CAPABILITIES, clientInfo: CLIENT }),
        request('ping', { _meta: { progressToken: 1 } }),
        request('tools/list', { cursor: 'c' }),
        request('tools/call', { ...CALL, _meta: { progressToken: 'p', 'io.modelcontextprotocol/related-task': { taskId: 't' } } }),
        request('logging/setLevel', { level: 'info' }),
        notification('notifications/initialized', { _meta: {} }),
        notification('notifications/cancelled', { requestId: 'x', reason: 'enough' }),
        notification('notifications/progress', { progressToken: 'p', progress: 1, total: 2, message: 'half' }),
      ];

const WRONG: readonly JsonValue[] = [null, true, -1, 1.5, '', 'text', [], ['a'], {}, { a: {} }];

/** Every message that differs from this one in one place: a member that is missing, is something else, or is there besides. */
export function* mutants(value: JsonValue): Generator<JsonValue> {
  for (const wrong of WRONG) if (JSON.stringify(wrong) !== JSON.stringify(value)) yield wrong;
  if (Array.isArray(value)) {
    for (const [i, item] of value.entries()) for (const mutant of mutants(item)) yield value.with(i, mutant);
  } else if (typeof value === 'object' && value !== null) {
    const object = value as JsonObject;
    yield { ...object, extra: 1 };
    for (const [key, member] of Object.entries(object)) {
      const { [key]: _gone, ...rest } = object;
      yield rest;
      for (const mutant of mutants(member)) yield { ...object, [key]: mutant };
    }
  }
}
