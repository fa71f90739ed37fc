import { join } from 'node:path';
import {
  CallToolRequestSchema,
  CallToolResultSchema,
  CancelledNotificationSchema,
  CompleteRequestSchema,
  CompleteResultSchema,
  CreateMessageRequestSchema,
  DiscoverRequestSchema,
  ElicitRequestSchema,
  GetPromptRequestSchema,
  GetPromptResultSchema,
  InitializeRequestSchema,
  JSONRPCMessageSchema,
  ListPromptsRequestSchema,
  ListResourcesRequestSchema,
  ListResourceTemplatesRequestSchema,
  ListRootsRequestSchema,
  ListToolsRequestSchema,
  LoggingMessageNotificationSchema,
  PingRequestSchema,
  ProgressNotificationSchema,
  ReadResourceRequestSchema,
  ReadResourceResultSchema,
  ResourceUpdatedNotificationSchema,
  SetLevelRequestSchema,
  SubscribeRequestSchema,
  SubscriptionsListenRequestSchema,
  TaskStatusNotificationSchema,
  UnsubscribeRequestSchema,
} from '@modelcontextprotocol/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import type { JsonObject, JsonValue } from '../../src/contracts/json.ts';
import { pathsOf, withAt } from '../fuzz/hostile.ts';
import { FIXTURES, startTestGateway, type TestGateway } from './running-gateway.ts';
import { HOSTILE_JSON, isObject, MARKED, samplesOf, textWith } from './schema-samples.ts';
import { BOTH, type Caller, post, read, request, session, type Told } from './wire.ts';

const HOSTILE = Object.values(HOSTILE_JSON);
const MALFORMED: readonly JsonValue[] = [null, 7, { a: {} }, [], 'a\0b', true];

let gateway: TestGateway;
let caller: Caller;
let speaker: Caller;

beforeAll(async () => {
  const launch = { command: process.execPath, args: [join(FIXTURES, 'raw-stdio.ts')] };
  const server = {
    id: 'one',
    transport: { kind: 'stdio', launch },
    effects: { raw: 'read' },
    prompts: 'read',
    templates: 'read',
    resources: 'read',
  };
  gateway = await startTestGateway({ servers: [server] });
  caller = { mcp: gateway.mcp, key: (await gateway.key({ name: 'every field', roles: ['writer'] })).text };
  speaker = await begin();
}, 60_000);
afterAll(() => gateway.stop());

/** A session of a client that can be asked for everything. */
async function begin(): Promise<Caller> {
  const capabilities = { sampling: {}, elicitation: { form: {}, url: {} }, roots: {} };
  const clientInfo = { name: 'every field', version: '1' };
  const begun = await post(caller, request('init', 'initialize', { protocolVersion: '2025-11-25', capabilities, clientInfo }));
  const id = begun.headers.get('mcp-session-id');
  if (id === null) throw new Error(begun.body);
  const inside = { ...caller, headers: { 'mcp-session-id': id, 'mcp-protocol-version': '2025-11-25' } };
  await post(inside, { jsonrpc: '2.0', method: 'notifications/initialized' });
  return inside;
}

const framed = async (): Promise<{ readonly count: number; readonly denied: number }> =>
  ((await gateway.admin('GET', '/status')).body['guards'] as unknown as Record<string, { count: number; denied: number }>)['frame'] ?? {
    count: 0,
    denied: 0,
  };

const FROM_CLIENTS: Readonly<Record<string, z.ZodType>> = {
  initialize: InitializeRequestSchema,
  ping: PingRequestSchema,
  'server/discover': DiscoverRequestSchema,
  'tools/list': ListToolsRequestSchema,
  'tools/call': CallToolRequestSchema,
  'prompts/list': ListPromptsRequestSchema,
  'prompts/get': GetPromptRequestSchema,
  'resources/list': ListResourcesRequestSchema,
  'resources/templates/list': ListResourceTemplatesRequestSchema,
  'resources/read': ReadResourceRequestSchema,
  'resources/subscribe': SubscribeRequestSchema,
  'resources/unsubscribe': UnsubscribeRequestSchema,
  'completion/complete': CompleteRequestSchema,
  'logging/setLevel': SetLevelRequestSchema,
  'subscriptions/listen': SubscriptionsListenRequestSchema,
  'notifications/cancelled': CancelledNotificationSchema,
  'notifications/progress': ProgressNotificationSchema,
};

describe('every field of every message that a client sends, as the official schemas name them', () => {
  it.each(['2025-11-25', '2026-07-28'] as const)(
    '%s: a hostile text in any of them is refused by the one reader, and recorded there [R3-15 partial: hostile words are not looked for]',
    async (revision) => {
      const of = revision === '2026-07-28' ? caller : await session(caller, revision);
      const before = await framed();
      const wrong: string[] = [];
      let sent = 0;
      for (const [method, schema] of Object.entries(FROM_CLIENTS))
        for (const sample of samplesOf(schema).slice(0, 2)) {
          const message = { jsonrpc: '2.0', ...(method.startsWith('notifications/') ? {} : { id: 'f' }), ...(sample as JsonObject) };
          for (const [index, path] of pathsOf(message).entries()) {
            const body = textWith(withAt(message, path, MARKED), HOSTILE[index % HOSTILE.length] ?? '');
            const headers = revision === '2026-07-28' ? { 'mcp-protocol-version': revision, 'mcp-method': method } : {};
            const { status } = await post(of, body, headers);
            sent += 1;
            if (status !== 400) wrong.push(`${method} ${path.join('.')}: ${status}`);
          }
        }
      expect(wrong).toEqual([]);
      expect(sent).toBeGreaterThan(250);
      const after = await framed();
      // The probe: each of them came to the reader, and it was the reader that refused it.
      expect({ count: after.count - before.count, denied: after.denied - before.denied }).toEqual({ count: sent, denied: sent });
    },
    60_000,
  );
});

const said = (before: readonly string[], answer: string | null): string =>
  `raw:${Buffer.from(JSON.stringify({ before, answer })).toString('base64url')}`;

/** How a client gets the raw server to answer a method as the test says. */
const ASKING: Readonly<Record<string, (raw: string) => JsonObject>> = {
  'tools/call': (raw) => ({ name: 'one__raw', arguments: { raw } }),
  'prompts/get': (raw) => ({ name: 'one__raw', arguments: { raw } }),
  'resources/read': (raw) => ({ uri: `one+${raw}` }),
  'completion/complete': (raw) => ({ ref: { type: 'ref/prompt', name: 'one__raw' }, argument: { name: 'raw', value: raw } }),
};

const ask = (method: string, raw: string): Promise<Told> =>
  post(speaker, request('q', method, { ...ASKING[method]?.(raw), _meta: { progressToken: 'p' } }));

const isRefused = ({ message }: Told): boolean => {
  const result = message?.['result'];
  return message?.['error'] !== undefined || (isObject(result) && result['isError'] === true);
};

/** Between failures something good, so that the server is not left alone for a while. */
async function askAll(cases: readonly (() => Promise<string | null>)[]): Promise<readonly string[]> {
  const wrong: string[] = [];
  for (const [index, one] of cases.entries()) {
    const found = await one();
    if (found !== null) wrong.push(found);
    if (index % 3 === 2) await ask('tools/call', 'good');
  }
  return wrong;
}

const RESULTS: readonly (readonly [method: string, schema: z.ZodType])[] = [
  ['tools/call', CallToolResultSchema],
  ['prompts/get', GetPromptResultSchema],
  ['resources/read', ReadResourceResultSchema],
  ['completion/complete', CompleteResultSchema],
];

describe('every field of every result that a server sends', () => {
  it.each(RESULTS)(
    '%s: what is hostile in form is told as a failure, and what is malformed reaches no client as it is [R3-15 partial: hostile words are not looked for]',
    async (method, schema) => {
      const [sample] = samplesOf(schema) as readonly JsonObject[];
      // A result that says of itself that it failed could not be told from one that was refused.
      const result: JsonObject = { ...sample, ...(method === 'tools/call' ? { isError: false } : {}) };
      const message = { jsonrpc: '2.0', id: '@ID@', result };
      const good = await ask(method, said([], JSON.stringify(message)));
      expect([method, isRefused(good)]).toEqual([method, false]);
      const since = await outcomes();
      const paths = pathsOf(message).filter(([first]) => first === 'result');
      const cases = paths.flatMap((path, index) => {
        const hostile = textWith(withAt(message, path, MARKED), HOSTILE[index % HOSTILE.length] ?? '');
        const malformed = [0, 1].map((n) => withAt(message, path, MALFORMED[(index + n) % MALFORMED.length] ?? null));
        return [
          async () => (isRefused(await ask(method, said([], hostile))) ? null : `hostile ${path.join('.')}`),
          ...malformed.map((one) => async () => {
            const told = await ask(method, said([], JSON.stringify(one)));
            return isRefused(told) || schema.safeParse(told.message?.['result']).success
              ? null
              : `malformed ${path.join('.')}: ${told.body.slice(0, 200)}`;
          }),
        ];
      });
      expect(await askAll(cases)).toEqual([]);
      // The probe: each was an outcome that was judged and recorded.
      expect((await outcomes()) - since).toBe(cases.length + Math.floor(cases.length / 3));
    },
    120_000,
  );
});

/** Outcomes on the record, by the meter: how often a call's result was judged. */
async function outcomes(): Promise<number> {
  const guards = (await gateway.admin('GET', '/status')).body['guards'] as unknown as Record<string, { count: number }>;
  return guards['forward']?.count ?? (await recorded());
}

async function recorded(): Promise<number> {
  let [count, cursor] = [0, ''];
  for (;;) {
    const { body } = await gateway.admin('GET', `/log?limit=500&kind=outcome${cursor}`);
    count += (body['items'] as readonly JsonObject[]).length;
    if (body['next'] === null) return count;
    cursor = `&cursor=${String(body['next'])}`;
  }
}

const FROM_SERVERS: Readonly<Record<string, z.ZodType>> = {
  'notifications/progress': ProgressNotificationSchema,
  'notifications/message': LoggingMessageNotificationSchema,
  'notifications/resources/updated': ResourceUpdatedNotificationSchema,
  'notifications/tasks/status': TaskStatusNotificationSchema,
  'sampling/createMessage': CreateMessageRequestSchema,
  'elicitation/create': ElicitRequestSchema,
  'roots/list': ListRootsRequestSchema,
};

describe('every field of every notification and request that a server sends', () => {
  it.each(Object.entries(FROM_SERVERS))(
    '%s: nothing hostile in form and nothing malformed reaches the client, and the call is answered [R3-15 partial: hostile words are not looked for]',
    async (method, schema) => {
      const [sample] = samplesOf(schema) as readonly JsonObject[];
      const params = {
        ...(sample?.['params'] as JsonObject | undefined),
        ...(method === 'notifications/progress' ? { progressToken: '@TOKEN@' } : {}),
      };
      const asks = !method.startsWith('notifications/');
      const message: JsonObject = { jsonrpc: '2.0', ...(asks ? { id: 's' } : {}), method, params };
      const heard = async (line: string): Promise<readonly JsonObject[] | null> => {
        const told = await read(
          await fetch(speaker.mcp, {
            method: 'POST',
            headers: { 'content-type': 'application/json', accept: BOTH, authorization: `Bearer ${speaker.key}`, ...speaker.headers },
            body: JSON.stringify(
              request('q', 'tools/call', { ...ASKING['tools/call']?.(said([line], null)), _meta: { progressToken: 'p' } }),
            ),
          }),
        );
        return isRefused(told) ? null : told.notifications;
      };
      const cases = pathsOf(message).flatMap((path, index) => {
        const hostile = textWith(withAt(message, path, MARKED), HOSTILE[index % HOSTILE.length] ?? '');
        const malformed = JSON.stringify(withAt(message, path, MALFORMED[index % MALFORMED.length] ?? null));
        return [
          async () => {
            const reached = await heard(hostile);
            return reached !== null && reached.length === 0 ? null : `hostile ${path.join('.')}: ${JSON.stringify(reached)?.slice(0, 200)}`;
          },
          async () => {
            const reached = await heard(malformed);
            const odd = reached?.filter((one) => !JSONRPCMessageSchema.safeParse(one).success || !officially(one));
            return odd?.length === 0 ? null : `malformed ${path.join('.')}: ${JSON.stringify(odd ?? 'the call failed').slice(0, 200)}`;
          },
        ];
      });
      // A line that is no message counts against the server, so a new session begins before it is given up.
      const wrong: string[] = [];
      for (let from = 0; from < cases.length; from += 40) {
        speaker = await begin();
        for (const one of cases.slice(from, from + 40)) {
          const found = await one();
          if (found !== null) wrong.push(found);
        }
      }
      expect(wrong).toEqual([]);
    },
    120_000,
  );
});

/** By the schema of what it says it is; of what nobody asked about, nothing is said. */
function officially(message: JsonObject): boolean {
  const schema = FROM_SERVERS[String(message['method'])];
  return schema === undefined || schema.safeParse(message).success;
}
