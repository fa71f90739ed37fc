import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ServerId } from '../base/ids.ts';
import { METHODS, planOf } from './methods.ts';
import { qualifyName, splitName } from './names.ts';
import { eraOf, negotiate, REVISIONS } from './revision.ts';
import { rulesOf } from './revisions/table.ts';

describe('the method table', () => {
  it('names exactly what is built now', () => {
    const built = (direction: 'client' | 'server') =>
      Object.entries(METHODS[direction])
        .filter(([, plan]) => plan.built)
        .map(([method]) => method);
    expect(built('client')).toEqual([
      'initialize',
      'ping',
      'server/discover',
      'tools/list',
      'tools/call',
      'prompts/list',
      'prompts/get',
      'resources/list',
      'resources/templates/list',
      'resources/read',
      'resources/subscribe',
      'resources/unsubscribe',
      'completion/complete',
      'logging/setLevel',
      'subscriptions/listen',
      'tasks/get',
      'tasks/result',
      'tasks/list',
      'tasks/cancel',
      'tasks/update',
      'notifications/initialized',
      'notifications/cancelled',
      'notifications/progress',
      'notifications/roots/list_changed',
    ]);
    expect(built('server')).toEqual([
      'ping',
      'sampling/createMessage',
      'elicitation/create',
      'roots/list',
      'notifications/cancelled',
      'notifications/progress',
      'notifications/message',
      'notifications/tools/list_changed',
      'notifications/prompts/list_changed',
      'notifications/resources/list_changed',
      'notifications/resources/updated',
      'notifications/subscriptions/acknowledged',
      'notifications/elicitation/complete',
      'notifications/tasks/status',
      'notifications/tasks',
    ]);
  });

  it('is known to the rules of each revision that has the method, and to no other', () => {
    for (const revision of REVISIONS) {
      for (const direction of ['client', 'server'] as const) {
        for (const [method, plan] of Object.entries(METHODS[direction])) {
          const checked = rulesOf(revision).checkParams(method, {});
          const isKnown = checked.ok || checked.reason !== 'protocol.method_not_built';
          const isBuiltElsewhere = planOf(method, revision, direction === 'client' ? 'server' : 'client')?.built === true;
          if (!isBuiltElsewhere)
            expect([revision, method, isKnown]).toEqual([revision, method, plan.built && plan.revisions.includes(revision)]);
        }
      }
    }
  });

  it('charges one unit for a request and none for pings, notifications and what servers send', () => {
    for (const [method, plan] of Object.entries(METHODS.client)) {
      expect([method, plan.units]).toEqual([method, plan.kind === 'request' && method !== 'ping' ? 1 : 0]);
    }
    expect(Object.values(METHODS.server).every((plan) => plan.units === 0)).toBe(true);
  });

  it.each([
    ['initialize', '2026-07-28', 'client'],
    ['ping', '2026-07-28', 'client'],
    ['logging/setLevel', '2026-07-28', 'client'],
    ['resources/subscribe', '2026-07-28', 'client'],
    ['server/discover', '2025-11-25', 'client'],
    ['subscriptions/listen', '2025-11-25', 'client'],
    ['elicitation/create', '2025-03-26', 'server'],
    ['tasks/get', '2025-06-18', 'client'],
    ['sampling/createMessage', '2025-11-25', 'client'],
    ['tools/call', '2025-11-25', 'server'],
    ['Tools/Call', '2025-11-25', 'client'],
    ['constructor', '2025-11-25', 'client'],
    ['__proto__', '2025-11-25', 'client'],
    ['toString', '2026-07-28', 'server'],
  ] as const)('has no row for %s of %s from a %s', (method, revision, direction) => {
    expect(planOf(method, revision, direction)).toBeNull();
  });
});

describe('revisions', () => {
  it.each([
    ['2025-03-26', '2025-03-26'],
    ['2025-06-18', '2025-06-18'],
    ['2025-11-25', '2025-11-25'],
    ['2026-07-28', '2025-11-25'],
    ['2024-11-05', '2025-11-25'],
    ['2099-01-01', '2025-11-25'],
    ['', '2025-11-25'],
  ])('initialize with %s is answered with %s', (requested, offered) => {
    expect(negotiate(requested)).toBe(offered);
  });

  it('belong to two eras', () => {
    expect(REVISIONS.map(eraOf)).toEqual(['legacy', 'legacy', 'legacy', 'modern']);
  });
});

describe('names across servers', () => {
  const serverId = fc.stringMatching(/^[a-z][a-z0-9]{0,8}(-[a-z0-9]{1,8}){0,2}$/) as fc.Arbitrary<ServerId>;

  it('are split into what they were made of', () => {
    const name = fc.oneof(fc.string({ minLength: 1, unit: 'grapheme' }), fc.stringMatching(/^[_a-z]{1,12}$/));
    fc.assert(
      fc.property(serverId, name, (server, tool) => {
        expect(splitName(qualifyName(server, tool))).toEqual({ server, name: tool });
      }),
    );
  });

  it('are made again of what they are split into', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[a-z_-]{1,12}$/)), (text) => {
        const split = splitName(text);
        return split === null || qualifyName(split.server, split.name) === text;
      }),
    );
  });

  it.each(['', 'add', '__add', 'files__', 'Files__read', 'a_b', '-a__x', 'a---b__x', 'a b__x', `${'a'.repeat(41)}__x`])(
    '%j is none',
    (text) => {
      expect(splitName(text)).toBeNull();
    },
  );
});
