import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DEFAULT_TENANT, type KeyId, type PrincipalId, type ServerId } from '../../src/base/ids.ts';
import { success } from '../../src/base/result.ts';
import type { Principal } from '../../src/contracts/principal.ts';
import type { Snapshot } from '../../src/contracts/snapshot.ts';
import type { Tool } from '../../src/contracts/target.ts';
import { openListens } from '../../src/gateway/downstream/listens.ts';
import { openSessions } from '../../src/gateway/downstream/sessions.ts';
import { followMinutes } from '../../src/gateway/follow-minutes.ts';
import { compilePolicies } from '../../src/policy/index.ts';

const FROM_TEN = 'forbid (principal, action, resource is Tool) when { context.time.minuteOfDay >= 600 };';
const ALWAYS = 'forbid (principal, action, resource is Prompt) when { resource.name == "b" };';

let wall = 0;
/** What each look at the clock that measures takes, as if work had. */
let step = 0;
let measured = 0;
const clock = {
  now: () => wall,
  monotonic: () => {
    measured += step;
    return measured;
  },
};
const set = (text: string): void => {
  wall = Date.parse(`2026-03-02T${text}Z`);
};
const faults: unknown[] = [];
const log = { error: (...all: unknown[]) => void faults.push(all) } as never;

const server = {
  tenant: DEFAULT_TENANT,
  id: 'files' as ServerId,
  title: '',
  transport: { kind: 'stdio', launch: { command: 'none', args: [], env: {} } },
  sharing: 'session',
  revisions: { legacy: ['2025-11-25'], modern: ['2026-07-28'] },
  capabilities: { legacy: {}, modern: {} },
  resources: null,
  limits: null,
  labels: null,
  enabled: true,
} as const;
const tool: Tool = {
  kind: 'tool',
  server: server.id,
  name: 'a',
  qualifiedName: 'files__a',
  effect: 'read',
  effectSet: true,
  state: 'approved',
  needs: [],
  definition: { name: 'a', inputSchema: { type: 'object' } },
  digest: '',
  validateArguments: () => success(null),
  validateResult: null,
  paramHeaders: [],
};

function snapshotWith(text: string): Snapshot {
  const own = [{ id: 'own', text: `@id("own") ${text}`, place: { file: null, line: 1 } }];
  const policy = compilePolicies({ tenant: DEFAULT_TENANT, own, grants: [], pins: [tool], servers: [], now: clock.now });
  if (!policy.ok) throw new Error(policy.detail);
  const [servers, tools] = [new Map([[server.id, server]]), new Map([[tool.qualifiedName, tool]])];
  const rest = { sequence: 1, digest: '', settings: {} as never, prompts: new Map(), templates: new Map() };
  return { ...rest, tenant: DEFAULT_TENANT, servers, tools, policy: policy.value };
}

const principalOf = (id: string): Principal => ({
  tenant: DEFAULT_TENANT,
  id: id as PrincipalId,
  name: id,
  roles: ['reader'],
  scopes: [{ server: '*', tool: '*' }],
  credential: { kind: 'api_key', id: 'k' as KeyId, expiresAt: Number.MAX_SAFE_INTEGER, methods: null },
});

function opened() {
  const listens = openListens(clock);
  const sessions = openSessions(clock, () => undefined);
  const told: string[] = [];
  const listen = (id: string): void => {
    const filter = { toolsListChanged: true, promptsListChanged: true, resourcesListChanged: true, resourceSubscriptions: [], taskIds: [] };
    const stream = {
      send: (json: string) => told.push(`${id} ${(JSON.parse(json) as { method: string }).method}`) > 0,
      end: () => undefined,
    };
    listens.open(principalOf(id), { id, filter, server: null }, () => stream as never);
  };
  return { told, listen, minutes: followMinutes({ listens, sessions, clock, log }) };
}

beforeEach(() => {
  vi.useFakeTimers();
  [step, measured, faults.length] = [0, 0, 0];
  set('09:59:30');
});
afterEach(() => {
  vi.useRealTimers();
  expect(faults).toEqual([]);
});

const look = (): void => void vi.advanceTimersByTime(1000);

describe('those who listen', () => {
  it('are told once, of the list that differs, when the minute comes and not before', () => {
    const { told, listen, minutes } = opened();
    listen('ann');
    minutes.follow(snapshotWith(FROM_TEN));
    set('09:59:59.999');
    look();
    expect(told).toEqual([]);
    set('10:00:00');
    for (let looks = 0; looks < 3; looks++) look();
    expect(told).toEqual(['ann notifications/tools/list_changed']);
    set('10:01:00');
    look();
    expect(told).toHaveLength(1);
    // A clock that is set back is followed too.
    set('09:00:00');
    look();
    expect(told).toHaveLength(2);
    minutes.end();
  });

  it('have their turn over several looks where they are many, each once, and a minute that passes meanwhile is not lost', () => {
    const { told, listen, minutes } = opened();
    const names = Array.from({ length: 12 }, (_, index) => `p${index}`);
    for (const name of names) listen(name);
    minutes.follow(snapshotWith(FROM_TEN));
    step = 10;
    set('10:00:00');
    look();
    expect(told.length).toBeGreaterThan(0);
    expect(told.length).toBeLessThan(5);
    set('10:01:00');
    for (let looks = 0; looks < 20; looks++) look();
    expect(told.toSorted()).toEqual(names.map((name) => `${name} notifications/tools/list_changed`).toSorted());
    minutes.end();
  });

  it('are not told of what is again as it was before their turn', () => {
    const { told, listen, minutes } = opened();
    for (let index = 0; index < 12; index++) listen(`p${index}`);
    minutes.follow(snapshotWith(FROM_TEN));
    step = 40;
    set('10:00:00');
    look();
    step = 0;
    set('09:58:00');
    look();
    expect(told).toEqual([]);
    minutes.end();
  });

  it('and still wait are told of every list when the policies change before their turn', () => {
    const { told, listen, minutes } = opened();
    listen('ann');
    minutes.follow(snapshotWith(FROM_TEN));
    set('10:00:00');
    minutes.follow(snapshotWith(ALWAYS));
    expect(told).toEqual(['tools', 'prompts', 'resources'].map((list) => `ann notifications/${list}/list_changed`));
    minutes.end();
  });
});

it('nothing runs where no policy reads the time, from the beginning and after one that did', () => {
  const { minutes } = opened();
  const none = vi.getTimerCount();
  minutes.follow(snapshotWith(ALWAYS));
  expect(vi.getTimerCount()).toBe(none);
  minutes.follow(snapshotWith(FROM_TEN));
  expect(vi.getTimerCount()).toBe(none + 1);
  minutes.follow(snapshotWith(ALWAYS));
  expect(vi.getTimerCount()).toBe(none);
  minutes.follow(snapshotWith(FROM_TEN));
  minutes.end();
  expect(vi.getTimerCount()).toBe(none);
});
