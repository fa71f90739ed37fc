import { afterAll, beforeAll, expect, test } from 'vitest';
import { SecretString } from '../../src/base/secret-string.ts';
import type { JsonObject } from '../../src/contracts/json.ts';
import type { ScreenVerdict } from '../../src/contracts/verdict.ts';
import { type PostgresServer, startPostgres } from '../fixtures/postgres-server.ts';
import { type Screened, startScreened } from '../scenarios/screened-gateway.ts';
import { type Caller, modern, type Told, textOf } from '../scenarios/wire.ts';

const HANDLE = 'sallyport/handle';
const PASS: ScreenVerdict = { verdict: 'pass', fact: null };

let server: PostgresServer;
let a: Screened;
let b: Screened;
let ann: string;
let bob: string;

beforeAll(async () => {
  server = await startPostgres();
  const storage = { kind: 'postgres', url: new SecretString(await server.database()) } as const;
  a = await startScreened({ storage });
  b = await startScreened({ storage, like: a.data });
  [ann, bob] = [(await a.caller('ann')).key, (await a.caller('bob')).key];
  for (const gateway of [a, b])
    gateway.onArguments((call) =>
      call.resumed ? PASS : { verdict: 'hold', kind: 'approval', expiresAt: gateway.now() + lasts, binding: 'a second person' },
    );
}, 120_000);
afterAll(async () => {
  await b?.stop();
  await a?.stop();
  await server?.stop();
});

let lasts = 60_000;
let next = 0;
const on = ({ mcp }: Screened, key = ann): Caller => ({ mcp, key });
const echo = (caller: Caller, text: string, meta: JsonObject = {}): Promise<Told> =>
  modern(caller, next++, 'tools/call', { name: 'local__echo', arguments: { text }, _meta: meta });
const again = (caller: Caller, handle: string, text = 'hold me'): Promise<Told> => echo(caller, text, { [HANDLE]: handle });
const hold = async (gateway: Screened): Promise<string> => {
  const result = (await echo(on(gateway), 'hold me')).message?.['result'] as JsonObject;
  return String((result['_meta'] as JsonObject)[HANDLE]);
};
const REFUSED = /^What was held is not known/;
const DONE = 'hold me';

test('a call that one gateway holds is resumed at the other, once, with the held one as its parent', async () => {
  const handle = await hold(a);
  expect(textOf(await again(on(b), handle))).toContain(DONE);
  for (const gateway of [a, b]) expect(textOf(await again(on(gateway), handle))).toMatch(REFUSED);
  const [held] = (await a.records('refusal')).map((row) => row['record'] as JsonObject).filter((row) => row['reason'] === 'gateway.held');
  const intent = (await b.records('intent')).map((row) => row['record'] as JsonObject).at(-1);
  expect(intent).toMatchObject({ parent: held?.['id'] });
});

test('presented to both at once it is resumed at one of them', async () => {
  const handle = await hold(b);
  const told = await Promise.all(Array.from({ length: 8 }, (_, i) => again(on(i % 2 === 0 ? a : b), handle)));
  expect(told.filter((each) => textOf(each).includes(DONE))).toHaveLength(1);
});

test('at the other gateway too it is nothing to another principal or with other arguments, and stays held', async () => {
  const handle = await hold(a);
  expect(textOf(await again(on(b, bob), handle))).toMatch(REFUSED);
  expect(textOf(await again(on(b), handle, 'something else'))).toMatch(REFUSED);
  expect(textOf(await again(on(b), handle))).toContain(DONE);
});

test('it ends with its time at both', async () => {
  lasts = 100;
  const handle = await hold(a);
  lasts = 60_000;
  await new Promise((done) => setTimeout(done, 150));
  for (const gateway of [a, b]) expect(textOf(await again(on(gateway), handle))).toMatch(REFUSED);
});

test('the gateway that held it is gone: it is resumed at the other', async () => {
  const handle = await hold(a);
  await a.stop();
  expect(textOf(await again(on(b), handle))).toContain(DONE);
});
