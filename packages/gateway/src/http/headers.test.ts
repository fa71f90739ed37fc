import { describe, expect, it } from 'vitest';
import { accepts, isContentTypeAllowed, parseMediaType } from './content-type.ts';
import { hostRules, isHostAllowed, isOriginAllowed } from './host-origin.ts';
import { repeatedHeaders } from './repeated-headers.ts';

describe('a content type', () => {
  it.each(['application/json', 'Application/JSON', 'application/json; charset=utf-8', 'application/json;charset="UTF-8"'])(
    '%s is JSON',
    (header) => {
      expect(isContentTypeAllowed(header, ['application/json'])).toBe(true);
    },
  );

  it.each([
    undefined,
    '',
    'application/jsonp',
    'text/plain; application/json',
    'application/json\t;charset=utf-8',
    'application/json;\tcharset=utf-8',
    'application/json ; x=y',
    'application/json; charset=utf-16',
    'application/json; charset=utf-8; charset=utf-16',
    'application/json, text/html',
    'application/json;',
    ' application/json',
    'application/json\u00a0',
    `application/json; charset=${'a'.repeat(300)}`,
    'application/json; charset="utf-8',
  ])('%j is not', (header) => {
    expect(isContentTypeAllowed(header, ['application/json'])).toBe(false);
  });

  it('has an essence and a charset', () => {
    expect(parseMediaType('Text/Event-Stream; charset=UTF-8')).toEqual({ essence: 'text/event-stream', charset: 'utf-8' });
  });
});

describe('Accept', () => {
  it.each([
    [undefined, true],
    ['*/*', true],
    ['application/*;q=0.5', true],
    ['text/event-stream, application/json', true],
    ['text/html', false],
    ['application/json;q=0', false],
    ['application/jsonx', false],
    ['', false],
  ])('%j takes JSON: %j', (header, expected) => {
    expect(accepts(header, 'application/json')).toBe(expected);
  });
});

describe('Host and Origin', () => {
  const rules = hostRules({
    secure: false,
    port: 8080,
    names: ['gate.example', 'other.example:9000'],
    origins: ['https://inspector.example'],
  });

  it.each(['127.0.0.1:8080', 'localhost:8080', 'LOCALHOST:8080', '[::1]:8080', 'gate.example', 'gate.example:80', 'other.example:9000'])(
    'Host %s is served',
    (host) => {
      expect(isHostAllowed(host, rules, false)).toBe(true);
    },
  );

  it.each([
    undefined,
    '',
    'evil.example',
    'evil.example:8080',
    '127.0.0.1',
    '127.0.0.1:8081',
    'localhost:8080@evil.example',
    'localhost:8080.evil.example',
    'localhost.:8080',
    '127.0.0.1:08080x',
    'localhost:8080, evil.example',
    'localhost:8080 ',
    '0.0.0.0:8080',
    '[::ffff:127.0.0.1]:8080',
    '127.1:8080',
    'localhost:0',
    'localhost:99999',
  ])('Host %j is not', (host) => {
    expect(isHostAllowed(host, rules, false)).toBe(false);
  });

  it.each([undefined, 'http://localhost:8080', 'http://127.0.0.1:8080', 'http://gate.example', 'https://inspector.example'])(
    'Origin %s may call',
    (origin) => {
      expect(isOriginAllowed(origin, rules)).toBe(true);
    },
  );

  it.each([
    'null',
    '',
    'http://evil.example',
    'http://localhost:3000',
    'http://localhost',
    'https://localhost:8080',
    'https://inspector.example.evil',
    'https://inspector.example/',
  ])('Origin %j may not', (origin) => {
    expect(isOriginAllowed(origin, rules)).toBe(false);
  });
});

describe('repeated headers', () => {
  it('are found in any letter case, for those that decide something', () => {
    const raw = ['Host', 'a', 'HOST', 'b', 'X-Any', '1', 'X-Any', '2', 'Mcp-Param-A', '1', 'mcp-param-a', '2', 'Authorization', 'x'];
    expect(repeatedHeaders(raw, { host: 'a', 'x-any': '1, 2', 'mcp-param-a': '1, 2', authorization: 'x' })).toEqual([
      'host',
      'mcp-param-a',
    ]);
  });

  it('are looked for where a name is missing from what Node made of the fields', () => {
    // `__proto__` becomes no member of an object: fewer names than fields, so that each is looked at.
    expect(repeatedHeaders(['Host', 'a', '__proto__', 'b', 'Host', 'c'], { host: 'a' })).toEqual(['host']);
    expect(repeatedHeaders(['Host', 'a', '__proto__', 'b'], { host: 'a' })).toEqual([]);
  });

  it('are not there where there are as many names as fields', () => {
    expect(repeatedHeaders(['Host', 'a', 'Authorization', 'x'], { host: 'a', authorization: 'x' })).toEqual([]);
  });
});
