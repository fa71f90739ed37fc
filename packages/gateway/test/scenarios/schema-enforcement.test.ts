import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject, JsonValue } from '../../src/contracts/json.ts';
import { openStand, type Stand } from './bad-stand.ts';
import { isRefusedOfficially, LEGACY_REVISIONS, MODERN_REVISION, mutants, officialMessages, type Spoken } from './official-messages.ts';
import { FIXTURES } from './running-gateway.ts';
import { type Caller, call, post, session, type Told, textOf } from './wire.ts';

const TOOLS = ['counted', 'bomb_in', 'bomb_out', 'linear', 'looking', 'remote_in', 'remote_out'];

let stand: Stand;
let caller: Caller;
beforeAll(async () => {
  stand = await openStand();
  const launch = { command: process.execPath, args: [join(FIXTURES, 'schema-server.ts')] };
  const effects = Object.fromEntries(TOOLS.map((tool) => [tool, 'read']));
  const added = await stand.gateway.admin('POST', '/servers', { id: 'schemas', transport: { kind: 'stdio', launch }, effects });
  expect(added.status).toBe(201);
  caller = await session(stand.caller);
});
afterAll(() => stand.stop());

const textAt = (value: JsonValue | undefined, key: string): string =>
  typeof value === 'object' && value !== null && typeof (value as JsonObject)[key] === 'string' ? String((value as JsonObject)[key]) : '';

/** With headers that follow the body wherever that has something to follow, so that only the body is wrong. */
function send(caller: Caller, revision: Spoken, message: JsonValue): Promise<Told> {
  if (revision !== MODERN_REVISION) return post(caller, JSON.stringify(message));
  const params = (message as JsonObject | null)?.['params'];
  return post(caller, JSON.stringify(message), {
    'mcp-protocol-version': MODERN_REVISION,
    'mcp-method': textAt(message, 'method'),
    'mcp-name': textAt(params, 'name'),
  });
}

/** What is wrong with how an invalid message was answered; null when nothing is. */
function wrongWith(revision: Spoken, message: JsonValue, { status, body, message: answer }: Told): string | null {
  const isNotification = typeof message === 'object' && message !== null && 'method' in message && !('id' in message);
  // A list is a batch in the one revision that has them: each member has its own answer (JSON-RPC 2.0 section 6).
  const isBatch = revision === '2025-03-26' && Array.isArray(message) && message.length > 0 && body.startsWith('[');
  const answers: readonly (JsonObject | null)[] = isBatch ? (JSON.parse(body) as JsonObject[]) : [answer];
  const fits = (each: JsonObject | null): boolean => {
    const code = Number((each?.['error'] as JsonObject | undefined)?.['code']);
    // A name that is no text cannot be told in a header: that the header is missing is told first, with the code of that revision.
    return code === -32600 || code === -32602 || (code === -32020 && status === 400);
  };
  if (answers.every(fits) && (!isBatch || answers.length === message.length)) return null;
  return isNotification && status === 202 && body === '' ? null : `${status} ${body.slice(0, 160)}`;
}

const ask = (tool: string, args: JsonObject): Promise<Told> => call(caller, 1, `schemas__${tool}`, args);
const answering = (result: JsonObject): Promise<Told> => ask('counted', { result });
const told = { content: [{ type: 'text', text: 'canary-of-the-server' }] };

const last = async (): Promise<string> => {
  const { record } = (await stand.gateway.records('server=schemas')).at(-1) as { readonly record: JsonObject };
  return `${String(record['kind'])} ${String(record['reason'] ?? record['status'])}`;
};

describe('schema enforcement [R2-042]', () => {
  describe.each([...LEGACY_REVISIONS, MODERN_REVISION] as const)('messages of %s', (revision) => {
    it('that the official schema refuses are refused with -32600 or -32602, every one of them, and reach no server', async () => {
      const speaker = revision === MODERN_REVISION ? stand.caller : await session(stand.caller, revision);
      const invalid = officialMessages(revision).flatMap((message) =>
        [...mutants(message)].filter((mutant) => isRefusedOfficially(revision, mutant)),
      );
      for (const message of officialMessages(revision)) expect(isRefusedOfficially(revision, message), JSON.stringify(message)).toBe(false);
      const before = stand.forwarded();
      const wrong: string[] = [];
      const next = invalid.values();
      const work = async (): Promise<void> => {
        for (const message of next) {
          const found = wrongWith(revision, message, await send(speaker, revision, message));
          if (found !== null) wrong.push(`${JSON.stringify(message)}: ${found}`);
        }
      };
      await Promise.all(Array.from({ length: 8 }, work));
      expect(wrong.slice(0, 20)).toEqual([]);
      expect(stand.forwarded()).toBe(before);
    }, 60_000);
  });

  describe('a result against the schema that was pinned for it', () => {
    it('passes when it fits', async () => {
      expect((await answering({ ...told, structuredContent: { count: 1 } })).message).toMatchObject({
        result: { structuredContent: { count: 1 } },
      });
    });

    it.each<[string, JsonObject]>([
      ['no structure', told],
      ['a number as text', { ...told, structuredContent: { count: '1' } }],
      ['a number out of range', { ...told, structuredContent: { count: -1 } }],
      ['a member missing', { ...told, structuredContent: {} }],
      ['a member besides', { ...told, structuredContent: { count: 1, 'canary-member': 'canary-of-the-server' } }],
      ['a list', { ...told, structuredContent: [1] }],
      ['null', { ...told, structuredContent: null }],
      ['content that is no list', { content: 'canary-of-the-server', structuredContent: { count: 1 } }],
      ['content of no kind', { content: [{ type: 'canary' }], structuredContent: { count: 1 } }],
    ])('is blocked, and nothing of it is told: %s', async (_name, result) => {
      const answer = await answering(result);
      expect(answer.message).toMatchObject({ result: { isError: true } });
      expect(answer.body).not.toContain('canary');
      expect(await last()).toBe('outcome registry.result_invalid');
    });
  });

  describe('a schema made to take time', () => {
    const timed = async (tool: string, args: JsonObject): Promise<string> => {
      const began = performance.now();
      const text = textOf(await ask(tool, args));
      expect(performance.now() - began).toBeLessThan(8000);
      return text;
    };
    const long = `${'a'.repeat(50_000)}!`;

    it.each<[string, string, JsonObject, string]>([
      ['references that multiply', 'bomb_in', {}, 'refusal registry.validation_too_slow'],
      ['a pattern that explodes elsewhere', 'linear', { text: long }, 'refusal registry.arguments_invalid'],
      ['a pattern beyond a linear engine', 'looking', { text: long }, 'refusal registry.validation_too_slow'],
      [
        'references that multiply, in a result',
        'bomb_out',
        { result: { ...told, structuredContent: {} } },
        'outcome registry.result_invalid',
      ],
    ])('is given up in time, the call is refused, and the next is served: %s', async (_name, tool, args, record) => {
      expect(await timed(tool, args)).not.toContain('canary');
      expect(await last()).toBe(record);
      expect((await answering({ ...told, structuredContent: { count: 2 } })).message).toMatchObject({
        result: { structuredContent: { count: 2 } },
      });
    });

    it.each(['remote_in', 'remote_out'])('never makes the gateway fetch one: %s is not offered', async (tool) => {
      expect(textOf(await ask(tool, {}))).toMatch(/Unknown tool/);
      const { body } = await stand.gateway.admin('GET', '/servers/schemas');
      const tools = body['tools'] as readonly JsonObject[];
      expect(tools.find((one) => one['name'] === tool)).toMatchObject({ state: 'quarantined' });
    });
  });
});
