import { describe, expect, it } from 'vitest';
import type { OpenedRecord } from '../contracts/running.ts';
import { callJson, callLine } from './call-line.ts';
import { type CallRow, callRows } from './call-row.ts';
import { widthOf } from './render/width.ts';

// 10:41:07 wherever the test runs.
const at = (hours: number, minutes: number, seconds: number): number => new Date(2026, 10, 21, hours, minutes, seconds).getTime();

const ALLOWED: CallRow = {
  time: at(10, 41, 7),
  ref: '01JB0000000000000000000001',
  who: 'demo-key',
  tool: 'files__read_file',
  arguments: { path: 'notes.md' },
  decision: 'allowed',
  us: 2100,
  why: 'role reader',
  count: 1,
};
const HIDDEN: CallRow = {
  ...ALLOWED,
  time: at(10, 41, 12),
  tool: 'files__move_file',
  arguments: { source: 'notes.md', destination: 'a very long name that goes on and on.md' },
  decision: 'refused',
  us: 400,
  why: 'destructive, no grant (the client saw: no such tool)',
};
const HOSTILE: CallRow = {
  ...ALLOWED,
  time: at(10, 41, 30),
  who: 'x\u001b]0;owned\u0007',
  tool: 'everything__echo',
  arguments: { message: '\u202egnp.exe\n\u001b[31m', password: 'hunter2', nested: { a: 1 }, list: [1, 2, 3] },
  decision: 'failed',
  us: 61_000_000,
  why: 'line\none',
};
const ROWS = [ALLOWED, HIDDEN, HOSTILE];

const lines = (width: number | null): string => ROWS.map((row) => callLine(row, { width, color: false })).join('\n');

describe('a call as a line', () => {
  it('reads like this at 120 columns', () => {
    expect(lines(120)).toMatchInlineSnapshot(`
      "  10:41:07  demo-key    files__read_file {path:"notes.md"}            allowed    2.1 ms   role reader
        10:41:12  demo-key    files__move_file {source:"notes.md", destin…  refused    0.4 ms   destructive, no grant (the
                                                                                                client saw: no such tool)
        10:41:30  x\\u{1b}]0…  everything__echo {message:"\\u{202e}gnp.exe\\…  failed      1 min   line\\none"
    `);
  });

  it('reads like this at 80 columns', () => {
    expect(lines(80)).toMatchInlineSnapshot(`
      "  10:41:07  demo-key  files__read_file {path:"notes.md"}
                  allowed   2.1 ms  role reader
        10:41:12  demo-key  files__move_file {source:"notes.md", destination:"a very …
                  refused   0.4 ms  destructive, no grant (the client saw: no such
                                    tool)
        10:41:30  x\\u{1b}]0…  everything__echo {message:"\\u{202e}gnp.exe\\n\\u{1b}[31m"…
                  failed     1 min  line\\none"
    `);
  });

  it('reads like this at 60 columns', () => {
    expect(lines(60)).toMatchInlineSnapshot(`
      "  10:41:07  demo-key  files__read_file {path:"notes.md"}
                  allowed   2.1 ms  role reader
        10:41:12  demo-key  files__move_file {source:"notes.md", …
                  refused   0.4 ms  destructive, no grant (the
                                    client saw: no such tool)
        10:41:30  x\\u{1b}]0…  everything__echo {message:"\\u{202e}…
                  failed     1 min  line\\none"
    `);
  });

  it('is one tab-separated line in a pipe, with the ref', () => {
    const [first, , third] = lines(null).split('\n');
    expect(first?.split('\t').slice(1)).toEqual([
      ALLOWED.ref,
      'demo-key',
      'allowed',
      '2.1',
      'files__read_file {path:"notes.md"}',
      'role reader',
    ]);
    expect(third?.split('\t')).toHaveLength(7);
  });

  it.each([60, 80, 120, 200])('stays within %i columns', (width) => {
    expect(
      lines(width)
        .split('\n')
        .filter((line) => widthOf(line) > width),
    ).toEqual([]);
  });

  it('passes on nothing that a terminal would obey or hide, and masks what is named like a secret', () => {
    for (const text of [lines(60), lines(120), lines(null), ROWS.map(callJson).join('')]) {
      expect(text.replace(/[\t\n]/g, '')).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
    }
    expect(lines(120) + lines(null)).not.toContain('hunter2');
  });

  it('is one object a call with --json', () => {
    expect(JSON.parse(callJson(ALLOWED))).toEqual({
      time: new Date(ALLOWED.time).toISOString(),
      ref: ALLOWED.ref,
      who: 'demo-key',
      tool: 'files__read_file',
      arguments: { path: 'notes.md' },
      decision: 'allowed',
      ms: 2.1,
      why: 'role reader',
    });
  });
});

const opened = (record: Partial<OpenedRecord['record']>, payload: OpenedRecord['payload'] = null): OpenedRecord => ({
  index: 0,
  leaf: '',
  record: { v: 1, kind: 'answer', tenant: 'default', id: 'A', time: 1, via: 'mcp', ...record },
  payload,
});

describe('rows from records', () => {
  it('joins an intent and its outcome', () => {
    const next = callRows();
    const intent = opened(
      {
        kind: 'intent',
        server: 'files',
        tool: 'read_file',
        principal: 'p1',
        decision: { effect: 'allow', policies: ['role.reader'], version: 'v' },
      },
      { name: 'demo-key', arguments: { path: 'a' } },
    );
    expect(next(intent)).toBeNull();
    expect(next(opened({ kind: 'outcome', status: 'ok', durationUs: 2100, time: 2 }))).toEqual({
      time: 2,
      ref: 'A',
      who: 'demo-key',
      tool: 'files__read_file',
      arguments: { path: 'a' },
      decision: 'allowed',
      us: 2100,
      why: 'role reader',
      count: 1,
    });
  });

  it.each([
    [
      { kind: 'refusal', reason: 'policy.denied', method: 'tools/call', count: 7 },
      { decision: 'refused', why: 'policy.denied', tool: 'tools/call', count: 7 },
    ],
    [
      { kind: 'refusal', reason: 'gateway.hidden_tool' },
      { decision: 'refused', why: 'no role or grant of this key reaches it (the client saw: no such tool)', tool: '-' },
    ],
    [
      { kind: 'outcome', status: 'error' },
      { decision: 'failed', why: 'the server answered with an error' },
    ],
    [
      { kind: 'outcome', status: 'unknown' },
      { decision: 'unknown', why: 'no outcome is known' },
    ],
    [
      { kind: 'outcome', status: 'refused', reason: 'registry.result_invalid' },
      { decision: 'refused', why: 'registry.result_invalid' },
    ],
  ] as const)('%o becomes %o', (record, expected) => {
    expect(callRows()(opened(record))).toMatchObject(expected);
  });

  it('names the tool that was asked for and hidden, and takes the time of its guards', () => {
    const guards = [
      { guard: 'authenticate', verdict: 'pass', us: 30 },
      { guard: 'resolve-target', verdict: 'deny', us: 12 },
    ] as const;
    const hidden = opened({ kind: 'refusal', reason: 'gateway.hidden_tool', method: 'tools/call', guards }, { detail: 'files__move_file' });
    expect(callRows()(hidden)).toMatchObject({ tool: 'files__move_file', us: 42, decision: 'refused' });
  });

  it.each(['answer', 'authentication', 'administration', 'system'] as const)('a record of kind %s is no call', (kind) => {
    expect(callRows()(opened({ kind }))).toBeNull();
  });
});
