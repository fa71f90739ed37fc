import { describe, expect, it } from 'vitest';
import { EXIT } from './exit.ts';
import { traceTarget } from './trace-target.ts';

describe('the receiver of traces that the environment names', () => {
  it('is none where none is named', () => {
    expect(traceTarget({})).toBeNull();
    expect(traceTarget({ OTEL_EXPORTER_OTLP_ENDPOINT: '' })).toBeNull();
  });

  it('has the path of traces behind the general endpoint, and the endpoint of traces as it is', () => {
    expect(traceTarget({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318/' })?.url).toBe('http://127.0.0.1:4318/v1/traces');
    expect(traceTarget({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://c.example/x', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://no' })?.url).toBe(
      'https://c.example/x',
    );
  });

  it('takes headers and a share, and keeps the headers secret', () => {
    const target = traceTarget({
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318',
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20abc, x-tenant=1',
      OTEL_TRACES_SAMPLER_ARG: '0.25',
    });
    expect([target?.headers['authorization']?.reveal(), target?.headers['x-tenant']?.reveal(), target?.ratio]).toEqual([
      'Bearer abc',
      '1',
      0.25,
    ]);
    expect(JSON.stringify(target)).not.toContain('abc');
  });

  it.each([
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4317'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'ftp://c'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://me:canary-pass@c:4318'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'canary-no-pair'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'a=canary%zz'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'a b=canary'],
    ['OTEL_TRACES_SAMPLER_ARG', '2'],
    ['OTEL_TRACES_SAMPLER_ARG', 'half'],
  ])('is a usage mistake that repeats no value where %s is %s', (name, value) => {
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318', [name]: value };
    expect(() => traceTarget(env)).toThrow(expect.objectContaining({ code: EXIT.usage, message: expect.stringContaining(name) }));
    expect(() => traceTarget(env)).not.toThrow(/canary/);
  });
});
