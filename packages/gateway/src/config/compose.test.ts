import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compose, explain } from './index.ts';
import type { Mistake } from './mistake.ts';

const NOW = Date.parse('2026-11-21T12:00:00Z');

const GUIDE = {
  authentication: { type: 'bearer_token', rotation_policy: '30_days', encryption: 'AES-256', scope_limitations: true },
  input_validation: {
    max_payload_size: '10MB',
    allowed_content_types: ['application/json', 'text/plain'],
    schema_enforcement: true,
    sanitization_rules: 'strict',
  },
  rate_limiting_config: {
    requests_per_minute: 100,
    burst_allowance: 20,
    ip_based_limiting: true,
    user_based_limiting: true,
    progressive_delays: true,
  },
};

const mistakesOf = (document: unknown): readonly Mistake[] => {
  const composed = compose(document, NOW);
  return composed.ok ? [] : composed.mistakes;
};

const deviation = (key: string, value: unknown, more: object = {}) => ({
  key,
  value,
  reason: 'measured on our own network',
  until: '2026-12-31',
  ...more,
});

describe('composing', () => {
  it('nothing gives the values of the guide, and so do the blocks of the guide as printed', () => {
    const composed = compose({}, NOW);
    if (!composed.ok) throw new Error(composed.detail);
    expect(composed.value.settings).toEqual({
      rate: {
        requestsPerMinute: 100,
        burst: 20,
        addressRequestsPerMinute: 100,
        addressBurst: 20,
        byAddress: true,
        byPrincipal: true,
        progressiveDelays: true,
      },
      input: { maxPayloadBytes: 10_485_760, allowedContentTypes: ['application/json', 'text/plain'] },
      keys: { maxAgeDays: 30 },
      deviations: [],
    });
    const printed = compose(GUIDE, NOW);
    expect(printed.ok && printed.value.settings).toEqual(composed.value.settings);
  });

  it.each([
    ['rate_limiting', { requests_per_minute: 10, burst_allowance: 0 }],
    ['authentication', { rotation_policy: '7_days' }],
    ['authentication', { rotation_policy: '1_day' }],
    ['input_validation', { max_payload_size: '512KB', allowed_content_types: ['application/json'] }],
  ])('accepts stronger values: %s %j', (block, values) => {
    expect(mistakesOf({ [block]: values })).toEqual([]);
  });

  it.each([
    ['rate_limiting.requests_per_minute', 101],
    ['rate_limiting.burst_allowance', 21],
    ['rate_limiting.address_requests_per_minute', 1000],
    ['rate_limiting.ip_based_limiting', false],
    ['rate_limiting.user_based_limiting', false],
    ['rate_limiting.progressive_delays', false],
    ['authentication.rotation_policy', '31_days'],
  ])('refuses the weaker %s: %j, but for a deviation that names exactly it', (path, value) => {
    const [block = '', key = ''] = path.split('.');
    const document = { [block]: { [key]: value } };
    expect(mistakesOf(document)).toMatchObject([{ reason: 'config.weaker_than_guide', key: path, got: JSON.stringify(value) }]);
    expect(mistakesOf({ ...document, deviations: [deviation(path, value)] })).toEqual([]);
    expect(mistakesOf({ ...document, deviations: [deviation(path, 'other')] })).toMatchObject([{ reason: 'config.weaker_than_guide' }]);
    expect(mistakesOf({ ...document, deviations: [deviation('rate_limiting.none', value)] })).toMatchObject([
      { reason: 'config.weaker_than_guide' },
    ]);
    expect(mistakesOf({ ...document, deviations: [deviation(path, value, { until: '2026-11-20' })] })).toMatchObject([
      { reason: 'config.deviation_expired', key: 'deviations.0.until' },
      { reason: 'config.weaker_than_guide' },
    ]);
    expect(mistakesOf({ ...document, deviations: [deviation(path, value, { until: '2026-11-21' })] })).toEqual([]);
  });

  it.each([
    ['authentication', 'access_token_lifetime', '60_minutes'],
    ['authentication', 'access_token_lifetime', '5_minutes'],
    ['authentication', 'scope_limitations', false],
    ['input_validation', 'max_payload_size', '11MB'],
    ['input_validation', 'schema_enforcement', false],
  ])('knows no deviation for %s.%s: %j', (block, key, value) => {
    const document = { [block]: { [key]: value }, deviations: [deviation(`${block}.${key}`, value)] };
    expect(mistakesOf(document)).toMatchObject([{ reason: 'config.no_deviation_possible', key: `${block}.${key}` }]);
  });

  it.each(['data_classification', 'patch_management', 'monitoring', 'monitoring_config'])(
    'refuses %s, and says what it waits for',
    (block) => {
      expect(mistakesOf({ [block]: {} })).toMatchObject([
        { reason: 'config.not_built', key: block, expected: expect.stringContaining('waits for') },
      ]);
    },
  );

  it('refuses a key whose room is not there', () => {
    expect(mistakesOf({ authentication: { access_token_lifetime: '15_minutes' } })).toMatchObject([{ reason: 'config.not_built' }]);
  });

  it.each<[string, object, object]>([
    ['a misspelt block', { rate_limitting: {} }, { key: 'rate_limitting', nearest: 'rate_limiting' }],
    [
      'a misspelt key',
      { rate_limiting: { request_per_minute: 5 } },
      { key: 'rate_limiting.request_per_minute', nearest: 'rate_limiting.requests_per_minute' },
    ],
    ['a key that resembles none', { rate_limiting: { xyzzy: 5 } }, { key: 'rate_limiting.xyzzy', nearest: null }],
    ['a key of objects', { rate_limiting: { constructor: 5 } }, { key: 'rate_limiting.constructor' }],
    ['__proto__', JSON.parse('{"__proto__":{}}'), { key: '__proto__' }],
    ['a block that is no block', { rate_limiting: [] }, { key: 'rate_limiting' }],
    ['both names of a block', { rate_limiting: {}, rate_limiting_config: {} }, { key: 'rate_limiting_config' }],
    ['a number as text', { rate_limiting: { requests_per_minute: '100' } }, { got: '"100"' }],
    ['zero requests', { rate_limiting: { requests_per_minute: 0 } }, { got: '0' }],
    ['a fraction', { rate_limiting: { requests_per_minute: 1.5 } }, { got: '1.5' }],
    ['a duration without a unit', { authentication: { rotation_policy: '30' } }, { got: '"30"' }],
    ['a duration of nothing', { authentication: { rotation_policy: '0_days' } }, { got: '"0_days"' }],
    ['another cipher', { authentication: { encryption: 'AES-128' } }, { expected: 'AES-256' }],
    ['another kind of key', { authentication: { type: 'basic' } }, { expected: 'bearer_token' }],
    ['other parsing rules', { input_validation: { sanitization_rules: 'lenient' } }, { expected: 'strict' }],
    [
      'a content type without a parser',
      { input_validation: { allowed_content_types: ['application/json', 'text/html'] } },
      { key: 'input_validation.allowed_content_types' },
    ],
    ['no content type', { input_validation: { allowed_content_types: [] } }, { key: 'input_validation.allowed_content_types' }],
    ['a deviation without a reason', { deviations: [{ key: 'a', value: 1, until: '2026-12-31' }] }, { key: 'deviations.0.reason' }],
    ['a deviation with no end', { deviations: [deviation('a', 1, { until: 'never' })] }, { key: 'deviations.0.until' }],
    [
      'a deviation that nothing uses',
      { deviations: [deviation('rate_limiting.burst_allowance', 50)] },
      { key: 'deviations: rate_limiting.burst_allowance' },
    ],
    ['deviations that are no list', { deviations: {} }, { key: 'deviations' }],
  ])('refuses %s', (_, document, expected) => {
    expect(mistakesOf(document)).toMatchObject([{ reason: 'config.invalid', ...expected }]);
  });

  it('tells all mistakes at once', () => {
    const found = mistakesOf({ rate_limiting: { requests_per_minute: 500, burst: 1 }, monitoring: {}, nonsense: 1, deviations: [7] });
    expect(found.map(({ reason }) => reason).sort()).toEqual([
      'config.invalid',
      'config.invalid',
      'config.invalid',
      'config.not_built',
      'config.weaker_than_guide',
    ]);
  });

  it.each([null, 'text', 7, []])('refuses what is no document: %j', (document) => {
    expect(compose(document, NOW)).toMatchObject({ ok: false, reason: 'config.invalid' });
  });

  it('never throws, and never accepts a weaker rate without a deviation', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('rate_limiting', 'authentication', 'deviations', 'x'), fc.jsonValue(), { maxKeys: 4 }),
        (document) => {
          const composed = compose(document, NOW);
          if (composed.ok) expect(composed.value.settings.rate.requestsPerMinute).toBeLessThanOrEqual(100);
          else expect(composed.mistakes.length).toBeGreaterThan(0);
        },
      ),
    );
  });
});

describe('explaining', () => {
  it('says where each value came from', () => {
    const key = 'rate_limiting.requests_per_minute';
    const composed = compose({ rate_limiting: { requests_per_minute: 5000, burst_allowance: 5 }, deviations: [deviation(key, 5000)] }, NOW);
    if (!composed.ok) throw new Error(composed.detail);
    const lines = new Map(explain(composed.value).map((line) => [line.key, line]));
    expect(lines.get(key)).toMatchObject({ value: 5000, source: 'deviation', guide: 100, deviation: { until: '2026-12-31' } });
    expect(lines.get('rate_limiting.burst_allowance')).toMatchObject({ value: 5, source: 'document', guide: 20, deviation: null });
    expect(lines.get('authentication.rotation_policy')).toMatchObject({ value: '30_days', source: 'guide' });
    expect([...lines.values()].every((line) => line.about.endsWith('.'))).toBe(true);
    expect(Object.isFrozen(composed.value.settings.rate)).toBe(true);
  });
});
