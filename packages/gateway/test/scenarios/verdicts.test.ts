import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/contracts/json.ts';
import type { ScreenVerdict } from '../../src/contracts/verdict.ts';
import { type Screened, startScreened } from './screened-gateway.ts';
import { type Caller, call, session, type Told, textOf } from './wire.ts';

const HANDLE = 'sallyport/handle';
const handleIn = (told: Told): string => {
  const result = (told.message?.['result'] ?? {}) as JsonObject;
  return String(((result['_meta'] ?? {}) as JsonObject)[HANDLE]);
};
const again = (caller: Caller, handle: string, name = 'local__echo', args: JsonObject = { text: 'hold me' }): Promise<Told> =>
  call(caller, 'again', name, args, { [HANDLE]: handle });

let screened: Screened;
let one: Caller;
let other: Caller;
const PASS: ScreenVerdict = { verdict: 'pass', fact: null };

beforeAll(async () => {
  screened = await startScreened();
  one = await session(await screened.caller('one'));
  other = await session(await screened.caller('other'));
});
afterAll(() => screened.stop());
beforeEach(() => screened.reset());

describe('a screen that revises arguments', () => {
  it('changes what is forwarded and what is recorded', async () => {
    screened.onArguments(() => ({ verdict: 'revise', params: { text: 'redacted' }, note: 'a secret' }));
    expect(textOf(await call(one, 1, 'local__echo', { text: 'secret' }))).toBe('{"text":"redacted"}');
    expect(screened.lastCall()).toEqual({ name: 'echo', arguments: { text: 'redacted' } });
    expect(await screened.records('intent')).toMatchObject([
      { record: { argumentsDigest: expect.any(String) }, payload: { arguments: { text: 'redacted' } } },
    ]);
  });

  it('is refused when what it made does not validate, and nothing is forwarded', async () => {
    const before = screened.forwarded();
    screened.onArguments(() => ({ verdict: 'revise', params: { text: 7 }, note: 'broken' }));
    const told = await call(one, 1, 'local__echo', { text: 'fine' });
    expect(told.message).toMatchObject({ result: { isError: true } });
    expect(screened.forwarded()).toBe(before);
    expect(await screened.records('refusal')).toMatchObject([{ record: { reason: 'registry.arguments_invalid' } }]);
  });
});

describe('a screen that denies or fails', () => {
  it.each([
    ['denies', (): ScreenVerdict => ({ verdict: 'deny', reason: 'policy.denied' }), 'policy.denied'],
    [
      'throws',
      (): ScreenVerdict => {
        throw new Error('a broken detector');
      },
      'gateway.fault',
    ],
  ])('when it %s the call is refused, recorded and not forwarded', async (_how, check, reason) => {
    const before = screened.forwarded();
    screened.onArguments(check);
    const told = await call(one, 1, 'local__echo', { text: 'x' });
    expect(told.body).not.toContain('a broken detector');
    expect(screened.forwarded()).toBe(before);
    expect(await screened.records('refusal')).toMatchObject([{ record: { reason } }]);
    expect(await screened.records('intent')).toEqual([]);
  });
});

describe('a screen that holds a call', () => {
  const holdFor = (ms: number): void =>
    screened.onArguments((held) =>
      held.resumed ? PASS : { verdict: 'hold', kind: 'approval', expiresAt: screened.now() + ms, binding: 'a second person' },
    );
  const hold = async (ms = 60_000): Promise<string> => {
    holdFor(ms);
    const told = await call(one, 1, 'local__echo', { text: 'hold me' });
    expect(told.message).toMatchObject({ result: { isError: true, _meta: { 'sallyport/expiresAt': expect.any(String) } } });
    expect((await screened.records('refusal')).at(-1)).toMatchObject({ record: { reason: 'gateway.held' } });
    return handleIn(told);
  };
  const UNKNOWN = { result: { isError: true, content: [{ text: expect.stringContaining('not known, was used, or does not match') }] } };

  it('answers with a handle that resumes the call once, and the record names the held one', async () => {
    const before = screened.forwarded();
    const handle = await hold();
    expect(screened.forwarded()).toBe(before);
    expect(textOf(await again(one, handle))).toContain('hold me');
    const held = (await screened.records('refusal'))[0]?.['record'] as JsonObject;
    expect(await screened.records('intent')).toMatchObject([{ record: { parent: held['id'] } }]);
    expect((await again(one, handle)).message).toMatchObject(UNKNOWN);
    expect(screened.forwarded()).toBe(before + 1);
  });

  it.each([
    ['other arguments', (handle: string) => again(one, handle, 'local__echo', { text: 'something else' })],
    ['another tool', (handle: string) => again(one, handle, 'local__read_0')],
    ['another principal', (handle: string) => again(other, handle)],
    ['no handle of ours', () => again(one, 'x'.repeat(43))],
  ])('does not resume for %s, which leaves the handle to its owner', async (_what, attempt) => {
    const before = screened.forwarded();
    const handle = await hold();
    expect((await attempt(handle)).message).toMatchObject(UNKNOWN);
    expect(screened.forwarded()).toBe(before);
    expect(textOf(await again(one, handle))).toContain('hold me');
  });

  it('does not resume after it expired', async () => {
    const handle = await hold(60);
    await new Promise((resolve) => setTimeout(resolve, 120));
    expect((await again(one, handle)).message).toMatchObject(UNKNOWN);
  });
});

describe('a screen of results', () => {
  it.each([
    [
      'revises: the client sees the revised one',
      () => ({ verdict: 'revise', result: { content: [{ type: 'text', text: 'redacted' }] }, note: '' }) as const,
      /^redacted$/,
      'ok',
    ],
    [
      'revises into what is no result: it is withheld',
      () => ({ verdict: 'revise', result: { content: 'x' }, note: '' }) as const,
      /does not fit/,
      'refused',
    ],
    ['denies: the client gets the refusal', () => ({ verdict: 'deny', reason: 'policy.denied' }) as const, /Refused by policy/, 'refused'],
    [
      'holds: the result is withheld',
      () => ({ verdict: 'hold', kind: 'approval', expiresAt: Date.now() + 1000, binding: 'b' }) as const,
      /Held/,
      'refused',
    ],
  ])('that %s', async (_what, verdict, text, status) => {
    screened.onResult(verdict);
    const told = await call(one, 1, 'local__echo', { text: 'the secret result' });
    expect(textOf(told)).toMatch(text);
    expect(told.body).not.toContain('the secret result');
    expect(await screened.records('outcome')).toMatchObject([{ record: { status } }]);
  });
});
