import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DOCUMENTED, DOCUMENTED_LINES, type Example } from './documented.fixture.ts';
import { CLIENTS, type Way } from './index.ts';

const ENDPOINT = { url: 'http://127.0.0.1:8080/mcp', key: 'sp_0123456789abcdef' };
const PROGRAM = { command: '/opt/node/bin/node', args: ['/opt/sallyport.mjs', 'connect', '--data', '/home/ann/my data'] };
/** What no key or path of ours holds, and a shell or a parser would read. */
const HOSTILE = 'a"b$c`d\\e\'f;g h\u007fi';

/** Keys and kinds of values at every place; header values and arguments are the reader's own. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? [] : [shapeOf(value[0])];
  if (typeof value !== 'object' || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, key === 'type' ? entry : shapeOf(entry)]));
}

/** The little of TOML that the examples use: one table header, then strings and arrays of strings, which are JSON's. */
function readToml(text: string): unknown {
  const [head = '', ...lines] = text.split('\n');
  expect(head).toMatch(/^\[[A-Za-z0-9_.-]+\]$/);
  const entries = lines.map((line) => {
    const [, key = '', value = ''] = /^([A-Za-z0-9_-]+) = (.+)$/.exec(line) ?? [];
    // TOML 1.0 forbids control characters in basic strings, DEL among them.
    expect(value).not.toMatch(/\u007f/);
    return [key, JSON.parse(value)] as const;
  });
  return { [head]: Object.fromEntries(entries) };
}

function stringsOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(stringsOf) : [];
}

const read = (kind: 'json' | 'toml', text: string): unknown => (kind === 'json' ? JSON.parse(text) : readToml(text));

let folder: string;
/** What a POSIX shell makes of a line: the words that the program gets. */
function wordsOf(line: string): readonly string[] {
  const printed = execFileSync('/bin/sh', ['-c', line], { env: { PATH: `${folder}:/usr/bin:/bin`, HOME: folder } });
  return printed.toString().split('\0').slice(0, -1);
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-clients-'));
  for (const name of ['claude', 'code', 'codex', 'gemini', 'npx']) {
    writeFileSync(join(folder, name), `#!/bin/sh\nprintf '%s\\0' "${name}" "$@"\n`);
    chmodSync(join(folder, name), 0o755);
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function expectWords(actual: readonly string[], documented: readonly string[]): void {
  const open = documented.at(-1) === '...';
  const fixed = open ? documented.slice(0, -1) : documented;
  if (open) expect(actual.length).toBeGreaterThan(fixed.length);
  else expect(actual).toHaveLength(fixed.length);
  for (const [at, pattern] of fixed.entries()) {
    const [before = '', after] = pattern.split('*');
    if (after === undefined) expect(actual[at]).toBe(pattern);
    else expect(actual[at]?.startsWith(before)).toBe(true);
  }
}

function expectDocumented(way: Way, example: Example): void {
  if (example.kind === 'words') expectWords(wordsOf(way.text), example.words);
  else expect(shapeOf(read(example.kind, way.text))).toEqual(shapeOf(read(example.kind, example.text)));
}

describe('the table of clients', () => {
  it('has a documented format for each, with the page and the day it was read', () => {
    expect(CLIENTS.map(({ name }) => name).toSorted()).toEqual(Object.keys(DOCUMENTED).toSorted());
    for (const { name, source } of CLIENTS) expect(DOCUMENTED[name]).toMatchObject({ source, read: expect.stringMatching(/^2026-/) });
  });
});

describe.each(CLIENTS)('$title', ({ name, http, stdio }) => {
  const documented = DOCUMENTED[name];
  const lines = DOCUMENTED_LINES[name] ?? {};

  it('has a remote server as its vendor documents it, or none where the vendor has none', () => {
    if (documented?.http === null) return expect(http).toBeNull();
    const way = http?.(ENDPOINT);
    if (way === undefined || documented === undefined) throw new Error('no way');
    expectDocumented(way, documented.http);
    expect(way.text).toContain(ENDPOINT.url);
    expect(way.text + way.note).toContain(ENDPOINT.key);
  });

  it('has a command as its vendor documents it, and no key in it', () => {
    const way = stdio(PROGRAM);
    if (documented === undefined) throw new Error('no way');
    expectDocumented(way, documented.stdio);
    expect(JSON.stringify(way)).not.toContain(ENDPOINT.key);
  });

  it('gives a shell the words that the vendor documents, and the arguments whole', () => {
    for (const [kind, way] of [
      ['http', http?.(ENDPOINT)],
      ['stdio', stdio(PROGRAM)],
    ] as const) {
      const expected = lines[kind];
      if (way?.line === null || way?.line === undefined) expect(expected).toBeUndefined();
      else {
        const words = wordsOf(way.line);
        expectWords(words, expected ?? []);
        if (kind === 'stdio')
          expect(words.join('\0')).toContain(name === 'vs-code' ? JSON.stringify(PROGRAM.args) : PROGRAM.args.join('\0'));
        else if (name !== 'codex') expect(words.join('\0')).toContain(ENDPOINT.key);
      }
    }
  });

  it('keeps whatever a key or a path holds inside its quotes', () => {
    const ways = [http?.({ ...ENDPOINT, key: HOSTILE }), stdio({ command: `/opt/${HOSTILE}`, args: [HOSTILE, ''] })];
    for (const way of ways) {
      if (way === undefined) continue;
      if (way.place === 'shell') expect(wordsOf(way.text).join('\0')).toContain(HOSTILE);
      else if (!way.text.includes('SALLYPORT_KEY')) {
        const values = stringsOf(read(way.text.startsWith('[') ? 'toml' : 'json', way.text));
        expect(values.some((value) => value.endsWith(HOSTILE))).toBe(true);
      }
      if (way.line !== null && name !== 'codex')
        expect(JSON.stringify(wordsOf(way.line))).toContain(name === 'vs-code' ? 'g h' : JSON.stringify(HOSTILE).slice(1, -1));
    }
  });
});
