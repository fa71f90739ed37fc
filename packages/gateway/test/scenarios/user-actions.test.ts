import { afterAll, beforeAll, expect, it } from 'vitest';
import type { JsonObject } from '../../src/contracts/json.ts';
import { startTestGateway, type TestGateway, toolServer } from './running-gateway.ts';
import { adminActions, type Hands, legacyActions, modernActions, strangers, type UserAction } from './user-actions.ts';
import { session } from './wire.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ servers: [toolServer('local'), toolServer('spare')] });
});
afterAll(() => gateway.stop());

interface Event {
  readonly told: string;
  readonly who: string | null;
  readonly place: unknown;
  readonly times: readonly number[];
  readonly kinds: readonly string[];
}

/** Records of one ref are one event: what was to be done, and how it ended. */
function eventsOf(items: readonly JsonObject[]): readonly Event[] {
  const byRef = Map.groupBy(items, (item) => String((item['record'] as JsonObject)['id']));
  return [...byRef.values()].map((parts) => {
    const records = parts.map((part) => part['record'] as JsonObject);
    const all = Object.assign({}, ...records) as JsonObject;
    const target = all['tool'] === undefined ? (all['object'] ?? '-') : `${String(all['server'])}__${String(all['tool'])}`;
    return {
      told: [all['via'], all['action'] ?? all['method'] ?? '-', target, all['status'], all['reason'] ?? '-'].join(' '),
      who: (all['principal'] as string | undefined) ?? null,
      place: (parts[0]?.['payload'] as JsonObject | undefined)?.['address'],
      times: records.map((record) => Number(record['time'])),
      kinds: records.map((record) => String(record['kind'])),
    };
  });
}

it('fifty things that users do, over MCP in both eras, the API and the command line, leave fifty events: each with who, what, to what, when, from where and how it ended [R0-23]', async () => {
  const made = await gateway.key({ name: 'a client', roles: ['writer'] });
  const caller = { mcp: gateway.mcp, key: made.text };
  const open: Response[] = [];
  const hands: Hands = {
    gateway,
    caller,
    legacy: await session(caller),
    older: await session(caller, '2025-06-18'),
    client: { principal: made.principal },
    open,
  };
  const actions: readonly UserAction[] = [...legacyActions(hands), ...modernActions(hands), ...strangers(hands), ...adminActions(hands)];
  expect(actions).toHaveLength(50);
  await new Promise((resolve) => setTimeout(resolve, 5));
  const began: number[] = [Date.now()];
  for (const { act } of actions) {
    await act();
    began.push(Date.now());
  }
  const items = (await gateway.records(`since=${began[0]}`)).filter((item) => (item['record'] as JsonObject)['kind'] !== 'system');
  const events = eventsOf(items);
  expect(events.map(({ told }) => withoutIds(told))).toEqual(actions.map(({ event }) => event));
  const mine = (await gateway.admin('GET', '/keys')).body['items'] as readonly JsonObject[];
  const principals = {
    client: made.principal,
    admin: String(mine.find((key) => (key['roles'] as readonly string[]).includes('admin'))?.['principal']),
    nobody: null,
  };
  for (const [i, { name, who }] of actions.entries()) {
    const event = events[i];
    expect(event?.who, name).toBe(principals[who]);
    expect(event?.place, name).toBe(name === 'asks at the command line' ? 'socket' : '127.0.0.1');
    expect(SHAPES, name).toContain(event?.kinds.join(' '));
    expect(event?.times[0], name).toBeGreaterThanOrEqual(began[i] ?? 0);
    expect(event?.times[0], name).toBeLessThanOrEqual(began[i + 1] ?? 0);
  }
  for (const response of open) await response.body?.cancel();
}, 30_000);

/** One record, or one before the effect and one after it: nothing else is an event. */
const SHAPES = ['answer', 'refusal', 'authentication', 'administration', 'administration administration', 'intent outcome'];

const withoutIds = (told: string): string =>
  told
    .replace(/(?<=identity\.key\.\w+ )key_\S+/, 'KEY')
    .replace(/(?<=policy\.grant\.\w+ )\S{8,}/, 'GRANT')
    .replace(/(?<=shown )[0-9A-Z]{26}/, 'REF');
