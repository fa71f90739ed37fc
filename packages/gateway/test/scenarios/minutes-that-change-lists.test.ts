import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Clock, systemClock } from '../../src/base/clock.ts';
import { type Listening, listen, standing } from './listening.ts';
import { startTestGateway, type TestGateway, toolServer } from './running-gateway.ts';
import { type Caller, modern, session } from './wire.ts';

const TOOLS = 'notifications/tools/list_changed';
const PROMPTS = 'notifications/prompts/list_changed';
const RESOURCES = 'notifications/resources/list_changed';
const ALL = { toolsListChanged: true, promptsListChanged: true, resourcesListChanged: true };
const SOON = { timeout: 10_000, interval: 20 };

/** The wall clock is where the test says; what measures time goes on. */
function setClock(): Clock & { set(text: string): void } {
  let now = Date.parse('2026-03-02T09:58:00Z');
  return {
    now: () => now,
    monotonic: () => systemClock.monotonic(),
    set: (text) => {
      now = Date.parse(`2026-03-02T${text}Z`);
    },
  };
}

const clock = setClock();
const open: Listening[] = [];
let gateway: TestGateway;
let reader: Caller;
let writer: Caller;
beforeAll(async () => {
  gateway = await startTestGateway({ servers: [toolServer('files'), toolServer('mail')], start: { clock } });
  reader = { mcp: gateway.mcp, key: (await gateway.key({ name: 'reader', roles: ['reader'] })).text };
  writer = { mcp: gateway.mcp, key: (await gateway.key({ name: 'writer', roles: ['writer'] })).text };
  // Servers that are open are open for whoever listens: nobody is told later that one opened.
  for (const caller of [reader, writer])
    for (const server of ['files', 'mail']) await modern(caller, 1, 'tools/call', { name: `${server}__echo`, arguments: { text: 'x' } });
}, 60_000);
afterAll(async () => {
  for (const one of open) one.end();
  await gateway.stop();
});

const heard = (listening: Listening, method = TOOLS): number => listening.methods().filter((one) => one === method).length;

async function listens(caller: Caller, filter: Parameters<typeof listen>[2] = ALL): Promise<Listening> {
  const listening = await listen(caller, 'l', filter);
  open.push(listening);
  await expect.poll(() => listening.methods().includes('notifications/subscriptions/acknowledged'), SOON).toBe(true);
  return listening;
}

const policy = (text: string) => gateway.admin('POST', '/policies', { text });

it('who listens is told at the minute that changes its list, by either kind of stream, and nobody else and of nothing else', async () => {
  const hours =
    '@id("hours") forbid (principal in Role::"writer", action, resource is Tool in Server::"files") when { context.time.minuteOfDay >= 600 };';
  expect(await policy(hours)).toMatchObject({ status: 201 });
  const stateful = await standing(await session(writer));
  open.push(stateful);
  const told = await listens(writer);
  const here = await listens({ ...writer, mcp: `${gateway.mcp}/files` });
  const there = await listens({ ...writer, mcp: `${gateway.mcp}/mail` });
  const other = await listens(reader);
  const others = await listens(writer, { promptsListChanged: true, resourcesListChanged: true });
  const everybody = [stateful, told, here, there, other, others];
  const before = everybody.map(({ heard: all }) => all.length);
  const more = (): readonly number[] => everybody.map((one, index) => one.heard.length - (before[index] ?? 0));
  // There and back: were anybody told too much at the first, it would have come by the second.
  clock.set('10:00:00');
  await expect.poll(() => [heard(stateful), heard(told), heard(here)].every((count) => count > 0), SOON).toBe(true);
  expect(more()).toEqual([1, 1, 1, 0, 0, 0]);
  clock.set('09:30:00');
  await expect.poll(() => [stateful, told, here].map((one) => heard(one)).every((count) => count > 1), SOON).toBe(true);
  expect(more()).toEqual([2, 2, 2, 0, 0, 0]);
  expect([PROMPTS, RESOURCES].map((method) => heard(told, method))).toEqual([0, 0]);
}, 60_000);
