import { describe, expect, it } from 'vitest';
import type { Logger } from '../base/log.ts';
import { SecretString } from '../base/secret-string.ts';
import { type Format, type Level, logLines } from './log-lines.ts';

const KEY = `sp_${'A'.repeat(43)}_AAAAAA`;

function written(format: Format, work: (log: Logger) => void, level: Level = 'info'): readonly string[] {
  const lines: string[] = [];
  work(logLines({ wishes: () => ({ format, level }), now: () => Date.UTC(2026, 10, 21, 12), write: (line) => void lines.push(line) }));
  return lines;
}

describe.each(['json', 'text'] as const)('a line as %s', (format) => {
  const one = (fields: Readonly<Record<string, unknown>>): string =>
    written(format, (log) => log.warn('room.thing.happened', fields))[0] ?? '';

  it('has its time, level and event, and the reference that finds the record', () => {
    expect(one({ ref: '01JB', count: 3 })).toBe(
      format === 'json'
        ? '{"time":"2026-11-21T12:00:00.000Z","level":"warn","event":"room.thing.happened","ref":"01JB","count":3}'
        : '2026-11-21T12:00:00.000Z warn  room.thing.happened ref=01JB count=3',
    );
  });

  it.each([
    ['a secret', { key: new SecretString('canary') }, 'canary'],
    ['a key in a text', { detail: `refused ${KEY} twice` }, KEY],
    ['a bearer header', { error: 'sent Authorization: Bearer canary-canary-1' }, 'canary-canary-1'],
    ['basic credentials', { error: 'authorization=Basic Y2FuYXJ5LWNhbmFyeQ==' }, 'Y2FuYXJ5'],
  ])('never holds %s', (_what, fields, canary) => {
    expect(one(fields)).not.toContain(canary);
    expect(one(fields)).toContain('[secret]');
  });

  it('is one line that no terminal obeys, whatever a server wrote', () => {
    const line = one({ line: 'a\nb\r\u001b[2J\u202e\u0000\u009b31m', '\u001b]0;x': 1 });
    expect(line).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });

  it('is bounded', () => {
    expect(one({ line: 'x'.repeat(1_000_000) }).length).toBeLessThan(20_000);
  });

  it.each([
    [
      'a circle',
      () => {
        const self: Record<string, unknown> = {};
        self['self'] = self;
        return self;
      },
    ],
    ['a bigint', () => ({ n: 1n })],
    [
      'something that throws',
      () => ({
        toJSON: () => {
          throw new Error('no');
        },
      }),
    ],
  ])('is written although a field is %s', (_what, fields) => {
    expect(one(fields())).toContain('unwritable');
  });
});

it.each([
  ['debug', 4],
  ['info', 3],
  ['warn', 2],
  ['error', 1],
] as const)('from level %s on there are %i of four lines', (level, count) => {
  const lines = written(
    'json',
    (log) => {
      log.debug('a');
      log.info('a');
      log.warn('a');
      log.error('a');
    },
    level,
  );
  expect(lines).toHaveLength(count);
});
