import { describe, expect, it } from 'vitest';
import { type ArgumentRule, areRulesWithin, keepsRules, mistakeInRules, rulesText } from './argument-rules.ts';

const REPORTS: readonly ArgumentRule[] = [{ argument: 'path', below: 'reports' }];
const ORDERS: readonly ArgumentRule[] = [{ argument: 'table', oneOf: ['db.orders', 'db.items'] }];

describe('a rule about an argument', () => {
  it.each([
    [REPORTS, { path: 'reports/a.txt' }],
    [REPORTS, { path: 'reports' }],
    [REPORTS, { path: 'reports/2026/q3/a.txt', content: '../../x' }],
    [REPORTS, { path: ['reports/a', 'reports/b'] }],
    [[{ argument: 'path', below: '/srv/data/' }], { path: '/srv/data/a' }],
    [[{ argument: 'path', below: '/srv/data/' }], { path: '/srv/data' }],
    [[{ argument: 'path', below: '/' }], { path: '/a' }],
    [[{ argument: 'url', below: 'https://example.com/api' }], { url: 'https://example.com/api/x?q=1' }],
    [ORDERS, { table: 'db.orders' }],
    [[...REPORTS, ...ORDERS], { path: 'reports/a', table: 'db.items' }],
  ] as readonly (readonly [readonly ArgumentRule[], Record<string, unknown>])[])('%j is kept by %j', (rules, given) => {
    expect(mistakeInRules(rules)).toBeNull();
    expect(keepsRules(rules, given)).toBe(true);
  });

  it.each([
    [REPORTS, {}],
    [REPORTS, { path: null }],
    [REPORTS, { path: 3 }],
    [REPORTS, { path: [] }],
    [REPORTS, { path: {} }],
    [REPORTS, { path: ['reports/a', 'secret'] }],
    [REPORTS, { path: [['reports/a']] }],
    [REPORTS, { path: '' }],
    [REPORTS, { path: 'reportsx/a' }],
    [REPORTS, { path: 'reports-old' }],
    [REPORTS, { Path: 'reports/a' }],
    [REPORTS, { path: 'reports/a', PATH: 'secret' }],
    [ORDERS, { table: 'db.customers' }],
    [ORDERS, { table: 'db.orders, db.customers' }],
    [[...REPORTS, ...ORDERS], { path: 'reports/a' }],
    [[{ argument: '__proto__', below: 'a' }], { path: 'a' }],
    [[{ argument: 'constructor', oneOf: ['a'] }], {}],
  ] as readonly (readonly [readonly ArgumentRule[], Record<string, unknown>])[])('%j is not kept by %j', (rules, given) => {
    expect(keepsRules(rules, given)).toBe(false);
  });

  it.each([
    [[], '1 to 10 rules'],
    [Array.from({ length: 11 }, () => REPORTS[0] as ArgumentRule), '1 to 10 rules'],
    [[{ argument: '', below: 'a' }], 'names an argument'],
    [[{ argument: 'path', below: '' }], '1 to 50 texts'],
    [[{ argument: 'path', below: '../a' }], '. or ..'],
    [[{ argument: 'path', below: 'a\\b' }], 'backslash'],
    [[{ argument: 'path', oneOf: [] }], '1 to 50 texts'],
    [[{ argument: 'path', oneOf: ['a'.repeat(301)] }], '1 to 50 texts'],
  ] as readonly (readonly [readonly ArgumentRule[], string])[])('%j is a mistake: %s', (rules, what) => {
    expect(mistakeInRules(rules)).toContain(what);
  });

  it.each([
    [REPORTS, undefined, true],
    [undefined, REPORTS, false],
    [REPORTS, REPORTS, true],
    [[{ argument: 'path', below: 'reports/2026' }], REPORTS, true],
    [[{ argument: 'path', below: 'reports/../secret' }], REPORTS, false],
    [[{ argument: 'path', below: 'report' }], REPORTS, false],
    [[{ argument: 'path', oneOf: ['reports/a', 'reports/b'] }], REPORTS, true],
    [[{ argument: 'path', oneOf: ['reports/a', 'secret'] }], REPORTS, false],
    [[{ argument: 'table', oneOf: ['db.orders'] }], ORDERS, true],
    [[{ argument: 'table', oneOf: ['db.orders', 'db.customers'] }], ORDERS, false],
    [[{ argument: 'table', below: 'db.orders' }], ORDERS, false],
    [REPORTS, ORDERS, false],
    [[...REPORTS, ...ORDERS], ORDERS, true],
  ] as readonly (readonly [readonly ArgumentRule[] | undefined, readonly ArgumentRule[] | undefined, boolean])[])(
    '%j reaches no further than %j: %s',
    (inner, outer, within) => {
      expect(areRulesWithin(inner, outer)).toBe(within);
    },
  );

  it('is told in words', () => {
    expect(rulesText([...REPORTS, ...ORDERS])).toBe('path below reports and table one of db.orders, db.items');
  });
});
