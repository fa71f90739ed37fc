import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { placeOf, sayMistake } from '../mistake.ts';
import { fileSchema } from './json-schema.ts';
import { loadFile } from './load.ts';
import { FILE_LIMITS } from './read-yaml.ts';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const load = (text: string | Uint8Array) =>
  loadFile({ name: 'sallyport.yaml', bytes: typeof text === 'string' ? Buffer.from(text) : text, now: NOW });

/** `LINE:COLUMN key: what is wrong`, in the order of the file. */
function told(text: string | Uint8Array): readonly string[] {
  const loaded = load(text);
  return loaded.ok ? [] : loaded.mistakes.map((one) => `${placeOf(one).replace('sallyport.yaml:', '')} ${one.key}: ${sayMistake(one)}`);
}

const contentOf = (text: string) => {
  const loaded = load(text);
  if (!loaded.ok) throw new Error(loaded.detail);
  return loaded.value;
};

const WHOLE = `
listeners:
  gateway: { host: 0.0.0.0, port: 8443, names: [mcp.example.com], origins: ["https://inspector.example"] }
  admin: { host: "::1", port: 0 }
tls: { cert: tls/cert.pem, key: tls/key.pem }
trusted_proxies: [10.0.0.0/8, "2001:db8::/32", 192.0.2.7]
storage: { postgres: env:DATABASE_URL }
servers:
  files:
    title: Files
    command: npx
    args: [-y, "@modelcontextprotocol/server-filesystem", /srv/files]
    env: { LOG_LEVEL: debug, API_TOKEN: "file:secrets/token" }
    sharing: shared
    effects: { read_file: read, write_file: write }
  remote:
    url: https://mcp.example.com/mcp
    headers: { Authorization: Bearer env:REMOTE_TOKEN, X-Team: a }
    enabled: false
  local:
    local: { command: node, args: [server.js], token_env: TOKEN, path: /mcp }
grants: [{ principal: p-1, tool: files__move_file }]
rate_limiting_config: { requests_per_minute: 200 }
deviations: [{ key: rate_limiting.requests_per_minute, value: 200, reason: measured on our network, until: 2026-12-31 }]
`;

describe('a configuration file', () => {
  it('that is right is read whole', () => {
    const loaded = load(WHOLE);
    if (!loaded.ok) throw new Error(loaded.detail);
    const { value } = loaded;
    expect(value.composed.settings.rate.requestsPerMinute).toBe(200);
    expect(value.listeners.gateway).toEqual({
      host: '0.0.0.0',
      port: 8443,
      names: ['mcp.example.com'],
      origins: ['https://inspector.example'],
      tls: { cert: 'tls/cert.pem', key: 'tls/key.pem' },
    });
    expect(value.listeners.admin.host).toBe('::1');
    expect(Object.keys(value.servers)).toEqual(['files', 'remote', 'local']);
    expect(value.postgres).toBe('env:DATABASE_URL');
    expect(value.text).toBe(WHOLE);
  });

  it('that says nothing, or is JSON, is read too', () => {
    for (const text of ['', '# nothing\n', '{}', '{"rate_limiting": {"requests_per_minute": 50}}']) expect(told(text)).toEqual([]);
  });

  it('that holds the blocks of the guide under its own names means what they say', () => {
    const guide = `
rate_limiting_config: { requests_per_minute: 100, burst_allowance: 20, ip_based_limiting: true, user_based_limiting: true, progressive_delays: true }
authentication: { type: bearer_token, rotation_policy: 30_days, encryption: AES-256, scope_limitations: true }
input_validation: { max_payload_size: 10MB, allowed_content_types: [application/json, text/plain], schema_enforcement: true, sanitization_rules: strict }
`;
    expect(told(guide)).toEqual([]);
  });

  it.each([
    [
      'monitoring_config: { failed_auth_threshold: 5 }',
      '1:1 monitoring_config: expected nothing yet: it waits for detection and alerts (detection)',
    ],
    ['patch_management: {}', '1:1 patch_management: expected nothing yet: it waits for patch deadlines (compliance)'],
    ['data_classification: {}', '1:1 data_classification: expected nothing yet: it waits for data classes and retention (privacy)'],
  ])('is refused by name where a block waits for its room: %s', (text, mistake) => expect(told(text)).toEqual([mistake]));

  it.each([
    ['relative', '{ program: bin/x }', 'programs.0.program: expected an absolute path, and no shell'],
    ['a shell', '{ program: /bin/sh }', 'programs.0.program: expected an absolute path, and no shell'],
    ['what starts another', '{ program: /usr/bin/env }', 'programs.0.program: expected an absolute path, and no shell'],
    ['no pattern', '{ program: /opt/x, args: ["("] }', 'programs.0.args.0: expected an RE2 pattern'],
    ['no linear pattern', '{ program: /opt/x, args: ["(?=a)"] }', 'programs.0.args.0: expected an RE2 pattern'],
    ['no variable', '{ program: /opt/x, env: ["A B"] }', 'programs.0.env.0: expected a variable'],
    ['an unknown key', '{ program: /opt/x, arguments: [] }', 'programs.0.arguments: unknown key'],
  ])('refuses a program that is %s', (_what, entry, expected) => expect(told(`programs: [${entry}]`)[0]).toContain(expected));

  it('lists programs with what they may be given', () => {
    expect(contentOf('programs: [{ program: /opt/x, args: ["--root=/srv/[a-z]+"] }]').programs).toEqual([
      { program: '/opt/x', args: ['--root=/srv/[a-z]+'], env: [] },
    ]);
    expect(contentOf('{}').programs).toBeNull();
  });

  it('tells every mistake at once, in the order of the file', () => {
    const found = told(`rate_limiting:
  requests_per_minutes: 100
  burst_allowance: 50
servers:
  github:
    url: https://api.example.com/mcp
    headers:
      Authorization: Bearer abcdefghijkl
    effect: {}
  Bad_Id: { command: node }
listners: {}
`);
    expect(found).toEqual([
      '2:3 rate_limiting.requests_per_minutes: unknown key; did you mean requests_per_minute?',
      '3:20 rate_limiting.burst_allowance: expected a whole number from 0 to 20, or a deviation that names this key and value, got 50',
      '8:7 servers.github.headers.Authorization: expected env:NAME or file:PATH in place of a literal secret',
      '9:5 servers.github.effect: unknown key; did you mean effects?',
      '10:3 servers.Bad_Id: expected [a-z][a-z0-9]*(-[a-z0-9]+)* and have at most 40 characters',
      '11:1 listners: unknown key; did you mean listeners?',
    ]);
  });
});

describe('what a file may not be', () => {
  it.each([
    ['a key twice', 'a: 1\na: 2\n', '2:1'],
    ['a key twice in JSON', '{"servers": {}, "servers": {}}', '1:17'],
    ['a key that is no text', '? [a]\n: 1\n', '1:3'],
    ['two documents', 'a: 1\n---\nb: 2\n', ''],
    ['a tag', 'servers: !include other.yaml\n', '1:10'],
    ['a broken block', 'servers: {a: [1\n', '2:1'],
    ['a tab as indentation', 'servers:\n\ta: 1\n', '2:1'],
    ['__proto__', 'servers: {__proto__: {command: x}}\n', '1:11'],
    ['infinity', 'rate_limiting: {requests_per_minute: .inf}\n', '1:38'],
    ['a list', '- a\n- b\n', ''],
    ['one text', 'hello\n', ''],
  ])('%s', (_name, text, place) => {
    const [first = ''] = told(text);
    expect(first).not.toBe('');
    expect(first.startsWith(place)).toBe(true);
  });

  it('is told in bounded time where aliases multiply', () => {
    const lines = ['a: &a [x,x,x,x,x,x,x,x,x]'];
    for (let i = 1; i < 9; i++)
      lines.push(
        `b${i}: &b${i} [${Array(9)
          .fill(i === 1 ? '*a' : `*b${i - 1}`)
          .join(',')}]`,
      );
    const began = performance.now();
    expect(told(lines.join('\n')).some((line) => /at most 100 aliases/.test(line))).toBe(true);
    expect(performance.now() - began).toBeLessThan(2000);
  });

  it.each([
    ['too deep', '['.repeat(200) + ']'.repeat(200)],
    ['far too deep', '['.repeat(50_000)],
    ['an alias of itself', 'a: &a [*a]'],
    ['too many values', `a: [${'1,'.repeat(FILE_LIMITS.nodes)}]`],
    ['too large', `# ${'x'.repeat(FILE_LIMITS.bytes)}`],
  ])('%s is refused', (_name, text) => expect(told(text)).not.toEqual([]));

  it('bytes that are no UTF-8', () =>
    expect(told(Buffer.from([0x61, 0x3a, 0x20, 0xff]))).toEqual([' file: expected UTF-8'.replace(' ', 'sallyport.yaml ')]));

  it('anything at all is answered, and never thrown at', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), fc.string({ unit: 'binary' })), (text) => typeof load(text).ok === 'boolean'),
      { numRuns: 300 },
    );
  });
});

describe('a listener', () => {
  it.each([
    ['beyond loopback without TLS', '{ host: 0.0.0.0, names: [a.example] }', 'listeners.gateway.tls'],
    ['beyond loopback without names', '{ host: 0.0.0.0, tls: {cert: c, key: k} }', 'listeners.gateway.names'],
    ['with a name as its address', '{ host: mcp.example.com, names: [a] }', 'listeners.gateway.host'],
    ['with an address that readers read differently', '{ host: "0x7f.1", names: [a] }', 'listeners.gateway.host'],
    [
      'with TLS and plain HTTP',
      '{ host: 0.0.0.0, names: [a], tls: {cert: c, key: k}, plain_http: {reason: a proxy ends TLS, until: 2026-12-31} }',
      'listeners.gateway.plain_http',
    ],
    [
      'with a permission that is past',
      '{ host: 0.0.0.0, names: [a], plain_http: {reason: a proxy ends TLS, until: 2026-11-20} }',
      'listeners.gateway.plain_http.until',
    ],
    [
      'with a permission without end',
      '{ host: 0.0.0.0, names: [a], plain_http: {reason: a proxy ends TLS} }',
      'listeners.gateway.plain_http.until',
    ],
    [
      'with a permission that it does not need',
      '{ plain_http: {reason: a proxy ends TLS, until: 2026-12-31} }',
      'listeners.gateway.plain_http',
    ],
    ['with an origin that is a page', '{ origins: ["https://a.example/page"] }', 'listeners.gateway.origins.0'],
    ['with any origin', '{ origins: ["*"] }', 'listeners.gateway.origins.0'],
    ['with a host that is a URL', '{ names: ["https://a.example"] }', 'listeners.gateway.names.0'],
  ])('%s is refused', (_name, text, key) => {
    const loaded = load(`listeners: { gateway: ${text} }\n`);
    expect(loaded.ok ? [] : loaded.mistakes.map((one) => one.key)).toContain(key);
  });

  it('with plain HTTP beyond loopback is permitted where the file says so, and is a deviation', () => {
    const loaded = load(
      'listeners: { gateway: { host: 0.0.0.0, names: [a], plain_http: { reason: a proxy ends TLS, until: 2026-12-31 } } }',
    );
    expect(loaded.ok && loaded.value.composed.settings.deviations).toEqual([
      { key: 'listeners.gateway.plain_http', value: true, reason: 'a proxy ends TLS', until: '2026-12-31' },
    ]);
  });

  it('trusts no proxy everywhere', () => {
    for (const entry of ['0.0.0.0/0', '::/0', 'proxy.example', '10.0.0.1/33', '10.1'])
      expect(told(`trusted_proxies: ["${entry}"]`)).toHaveLength(1);
  });
});

describe('a literal secret', () => {
  const server = (text: string): string => `servers: { s: ${text} }`;
  it.each([
    ['in a header by name', server('{ url: "https://a.example", headers: { X-Api-Key: plain } }')],
    ['in a variable by name', server('{ command: a, env: { DB_PASSWORD: plain } }')],
    ['in a variable by form', server('{ command: a, env: { SETTING: ghp_abcdefghijklmnopqrstuvwxyz0123456789 } }')],
    ['among the arguments', server('{ command: a, args: ["--api-key=abcdefgh"] }')],
    ['in a URL', server('{ url: "https://a.example/mcp?token=abcdefgh" }')],
    ['as the password of a database', server('{ command: a, args: ["postgres://u:p@db/x"] }')],
    ['as a bearer token', server('{ url: "https://a.example", headers: { X-Other: Bearer abcdefghijkl } }')],
    ['in a comment of a grant', 'grants: [{ principal: sp_abcdefghijklmnopqrstuvwxyz, tool: a__b }]'],
    ['as the URL of PostgreSQL', 'storage: { postgres: "postgres://h/db" }'],
  ])('%s is refused, and never repeated', (_name, text) => {
    const loaded = load(text);
    const literal = loaded.ok ? [] : loaded.mistakes.filter((one) => one.reason === 'config.literal_secret');
    expect(literal).toHaveLength(1);
    expect(literal[0]?.got).toBeNull();
    expect(loaded.ok ? '' : loaded.detail).not.toMatch(/plain|abcdefgh|u:p@/);
  });

  it.each(['env:NAME', 'file:/run/secrets/x', 'file:near/x', 'Bearer env:NAME'])('%s stands for one', (reference) =>
    expect(told(server(`{ url: "https://a.example", headers: { Authorization: "${reference}" } }`))).toEqual([]),
  );

  it('vault: and sealed: are refused by name until their room is there', () => {
    for (const text of ['vault:kv/a', 'sealed:abc']) {
      const loaded = load(server(`{ url: "https://a.example", headers: { Authorization: "${text}" } }`));
      expect(loaded.ok ? [] : loaded.mistakes.map((one) => one.reason)).toEqual(['config.not_built']);
    }
  });
});

describe('the schema for editors', () => {
  const check = new Ajv2020({ strict: false, validateFormats: false }).compile(fileSchema());

  it('accepts what the gateway accepts, and refuses keys that it does not know', () => {
    expect(check(parse(WHOLE))).toBe(true);
    for (const text of [
      'listners: {}',
      'servers: {a: {comand: x}}',
      'rate_limiting: {requests: 1}',
      'servers: {a: {command: x, effects: {t: maybe}}}',
    ])
      expect(check(parse(text))).toBe(false);
  });

  it('is the one in docs/reference', () => {
    const kept = readFileSync(join(import.meta.dirname, '../../../../../docs/reference/sallyport.schema.json'), 'utf8');
    expect(JSON.parse(kept)).toEqual(JSON.parse(JSON.stringify(fileSchema())));
  });
});
