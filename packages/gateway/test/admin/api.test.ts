import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLogger } from '../../src/base/log.ts';
import type { RunningGateway } from '../../src/contracts/running.ts';
import { startGateway } from '../../src/main.ts';

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  // biome-ignore lint/suspicious/noExplicitAny: answers of many shapes, each compared with a literal.
  readonly body: any;
}

interface Ask {
  readonly key?: string | null;
  readonly body?: unknown;
  readonly raw?: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  /** By the network listener instead of the socket. */
  readonly network?: boolean;
}

let data: string;
let gateway: RunningGateway;
let admin: string;
const keys: Record<string, string> = {};
const ids: Record<string, { readonly id: string; readonly principal: string }> = {};

function ask(method: string, path: string, { key = admin, body, raw, headers = {}, network = false }: Ask = {}): Promise<Answer> {
  const payload = raw ?? (body === undefined ? null : JSON.stringify(body));
  const all = {
    ...(key === null ? {} : { authorization: `Bearer ${key}` }),
    ...(payload === null ? {} : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(payload)) }),
    ...headers,
  };
  const url = new URL(gateway.adminUrl);
  const place = network
    ? { hostname: url.hostname, port: url.port, headers: all }
    : { socketPath: gateway.socketPath, headers: { host: 'localhost', ...all } };
  return new Promise((resolve, reject) => {
    const outgoing = request({ ...place, method, path, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: /json/.test(response.headers['content-type'] ?? '') ? JSON.parse(text) : text,
        });
      });
    });
    outgoing.on('error', reject);
    if (payload !== null) outgoing.write(payload);
    outgoing.end();
  });
}

beforeAll(async () => {
  data = join(mkdtempSync(join(tmpdir(), 'sallyport-admin-')), 'data');
  const started = await startGateway({
    data,
    port: 0,
    adminPort: 0,
    nextFreePort: false,
    seed: null,
    settings: {},
    surroundings: {
      path: process.env['PATH'] ?? '',
      lang: 'C.UTF-8',
      runtime: tmpdir(),
      uid: process.getuid?.() ?? 0,
      node: process.execPath,
      packages: import.meta.dirname,
    },
    log: silentLogger,
    progress: () => {},
  });
  if (!started.ok) throw new Error(`${started.reason} ${started.detail}`);
  gateway = started.value;
  admin = readFileSync(gateway.adminKeyFile, 'utf8').trim();
  for (const role of ['reader', 'writer', 'approver', 'auditor', 'admin', 'service']) {
    const body = { name: role, roles: [role], scopes: [{ server: '*', tool: '*' }], owner: 'tests', expiresInDays: 1 };
    const made = await ask('POST', '/api/v1/keys', { body });
    if (made.status !== 201) throw new Error(`${role}: ${JSON.stringify(made.body)}`);
    keys[role] = made.body.secret;
    ids[role] = made.body;
  }
});

afterAll(async () => {
  await gateway.stop();
  rmSync(join(data, '..'), { recursive: true, force: true });
});

// Route by role, literally: 200 or 404 is "may", 403 is "may not". Nothing here names a thing that exists, so that nothing changes.
const REF = '01JB0000000000000000000000';
const TABLE: readonly (readonly [method: string, path: string, admin: number, auditor: number, others: number])[] = [
  ['POST', '/api/v1/keys', 400, 403, 403],
  ['GET', '/api/v1/keys', 200, 200, 403],
  ['POST', '/api/v1/keys/key_none/revoke', 404, 403, 403],
  ['POST', '/api/v1/keys/key_none/rotate', 404, 403, 403],
  ['POST', '/api/v1/servers', 400, 403, 403],
  ['GET', '/api/v1/servers', 200, 200, 403],
  ['GET', '/api/v1/servers/none', 404, 404, 403],
  ['POST', '/api/v1/servers/none/approve', 400, 403, 403],
  ['POST', '/api/v1/servers/none/refresh', 404, 403, 403],
  ['DELETE', '/api/v1/servers/none', 404, 403, 403],
  ['POST', '/api/v1/grants', 400, 403, 403],
  ['GET', '/api/v1/grants', 200, 200, 403],
  ['GET', '/api/v1/reports/grants', 200, 200, 403],
  ['DELETE', '/api/v1/grants/none', 404, 403, 403],
  ['POST', '/api/v1/policies', 400, 403, 403],
  ['GET', '/api/v1/policies', 200, 200, 403],
  ['GET', '/api/v1/policies/none', 404, 404, 403],
  ['GET', '/api/v1/reports/decision?principal=p&tool=a__b', 404, 404, 403],
  ['POST', '/api/v1/reports/replay', 400, 400, 403],
  ['DELETE', '/api/v1/policies/none', 404, 403, 403],
  ['GET', '/api/v1/log', 200, 200, 403],
  ['GET', `/api/v1/log/${REF}`, 404, 404, 403],
  ['GET', '/api/v1/log/follow?from=x', 400, 400, 403],
  ['GET', '/api/v1/log/verify', 200, 200, 403],
  ['POST', '/api/v1/digests', 400, 400, 403],
  ['GET', '/api/v1/status', 200, 200, 403],
  ['GET', '/api/v1/openapi.json', 200, 200, 403],
  ['GET', '/metrics', 200, 200, 403],
];

describe('roles by route', () => {
  it.each(TABLE)('%s %s: admin %i, auditor %i, others %i', async (method, path, asAdmin, asAuditor, asOthers) => {
    const expected: Record<string, number> = { admin: asAdmin, auditor: asAuditor };
    for (const [role, key] of Object.entries(keys)) {
      const answer = await ask(method, path, { key, ...(method === 'POST' ? { body: {} } : {}) });
      expect([role, answer.status]).toEqual([role, expected[role] ?? asOthers]);
      if (answer.status === 403) expect(answer.body.error.reason).toBe('identity.role_required');
    }
  });

  it.each(TABLE)('%s %s answers 401 with WWW-Authenticate to whoever proves nothing', async (method, path) => {
    const answer = await ask(method, path, { key: null, ...(method === 'POST' ? { body: {} } : {}) });
    expect([401, 429]).toContain(answer.status);
    if (answer.status === 401) expect(answer.headers['www-authenticate']).toBe('Bearer realm="sallyport-admin"');
  });
});

describe('the door', () => {
  const CASES: readonly (readonly [string, string, string, Ask, number, string])[] = [
    ['another host', 'GET', '/api/v1/status', { network: true, headers: { host: 'evil.example' } }, 403, 'http.host_not_allowed'],
    [
      'another origin',
      'GET',
      '/api/v1/status',
      { network: true, headers: { origin: 'https://evil.example' } },
      403,
      'http.origin_not_allowed',
    ],
    ['an origin on the socket', 'GET', '/api/v1/status', { headers: { origin: 'http://localhost' } }, 403, 'http.origin_not_allowed'],
    ['an unknown path', 'GET', '/api/v1/nothing', { network: true }, 404, 'admin.route_unknown'],
    ['a broken path', 'GET', '/api/v1/%zz', { network: true }, 404, 'admin.route_unknown'],
    ['another method', 'PUT', '/api/v1/keys', { network: true }, 404, 'admin.route_unknown'],
    ['a body where none is taken', 'DELETE', '/api/v1/grants/x', { network: true, body: {} }, 400, 'admin.body_not_allowed'],
    [
      'text',
      'POST',
      '/api/v1/grants',
      { network: true, raw: '{}', headers: { 'content-type': 'text/plain' } },
      415,
      'http.content_type_not_allowed',
    ],
    [
      'a tab in the type',
      'POST',
      '/api/v1/grants',
      { network: true, raw: '{}', headers: { 'content-type': 'application/json\t; a=1' } },
      415,
      'http.content_type_not_allowed',
    ],
    ['a duplicate key', 'POST', '/api/v1/grants', { network: true, raw: '{"tool":"a__b","tool":"c__d"}' }, 400, 'protocol.duplicate_key'],
    ['bad UTF-8', 'POST', '/api/v1/grants', { network: true, raw: Buffer.from([0x22, 0xff, 0x22]) }, 400, 'protocol.invalid_utf8'],
    [
      'an unknown field',
      'POST',
      '/api/v1/grants',
      { network: true, body: { principal: 'p', tool: 'a__b', also: 1 } },
      400,
      'admin.request_invalid',
    ],
    ['a parameter twice', 'GET', '/api/v1/log?limit=1&limit=2', { network: true }, 400, 'admin.request_invalid'],
    [
      'too large a body',
      'POST',
      '/api/v1/grants',
      { network: true, raw: `{"principal":"${'x'.repeat(1_100_000)}"}` },
      413,
      'http.body_too_large',
    ],
  ];

  it.each(CASES)('refuses %s', async (_what, method, path, given, status, reason) => {
    const answer = await ask(method, path, given);
    expect([answer.status, answer.body.error.reason]).toEqual([status, reason]);
    expect(Object.keys(answer.body)).toEqual(['error']);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
  });

  it('is a socket for its owner only', () => {
    expect(statSync(gateway.socketPath).mode & 0o777).toBe(0o600);
  });
});

const recordsOf = async (id: string): Promise<Answer['body'][]> => (await ask('GET', `/api/v1/log/${id}`)).body.items;

describe('the record of what was done', () => {
  it('has one record before the effect and one after it, with what changed and without the key', async () => {
    const made = await ask('POST', '/api/v1/grants', { body: { principal: ids['auditor']?.principal, tool: 'files__move_file' } });
    expect(made.status).toBe(201);
    const page = await ask('GET', '/api/v1/log?kind=administration&limit=10');
    const own = page.body.items.filter((item: Answer['body']) => item.record.action === 'policy.grant.added');
    const [before, after] = await recordsOf(own[0].record.id);
    expect([before.record.status, after.record.status, after.record.intent]).toEqual([undefined, 'ok', before.index]);
    expect(after.record.object).toBe(made.body.id);
    expect(after.payload).toMatchObject({ name: 'first-admin', address: 'socket', before: null, after: made.body });
  });

  it('never holds the text of a key', async () => {
    const page = await ask('GET', '/api/v1/log?limit=500&payloads=true');
    const text = JSON.stringify(page.body);
    for (const secret of [admin, ...Object.values(keys)]) expect(text).not.toContain(secret);
    expect(text).toContain('identity.key.created');
  });

  it('holds what was refused, and why', async () => {
    const refused = await ask('DELETE', '/api/v1/servers/none', { key: keys['auditor'] ?? '' });
    const [record] = await recordsOf(refused.body.error.ref);
    expect(record.record).toMatchObject({
      kind: 'refusal',
      reason: 'identity.role_required',
      action: 'registry.server.removed',
      status: 'refused',
    });
  });

  it('says that an auditor read the log, and for what', async () => {
    await ask('GET', '/api/v1/log?server=files&limit=3', { key: keys['auditor'] ?? '' });
    const page = await ask('GET', `/api/v1/log?principal=${ids['auditor']?.principal}&limit=1&payloads=true`);
    expect(page.body.items[0].record).toMatchObject({ kind: 'administration', action: 'audit.log.queried', status: 'ok' });
    expect(page.body.items[0].payload.request.query).toMatchObject({ server: 'files', limit: 3 });
  });

  it('tells an administrator nothing of what is inside when a verb fails', async () => {
    const failed = await ask('POST', '/api/v1/servers', {
      body: { id: 'broken', transport: { kind: 'stdio', launch: { command: '/nowhere/at/all', env: { TOKEN: 'canary-7b1f' } } } },
    });
    expect(failed.status).toBeGreaterThanOrEqual(400);
    expect(JSON.stringify(failed.body)).not.toMatch(/at .*\.ts|node:|canary/);
    expect(JSON.stringify(await recordsOf(failed.body.error.ref))).not.toContain('canary-7b1f');
  });
});

describe('following the log', () => {
  it('gives records as lines, in order, from the index that was asked for, until the reader goes', async () => {
    const lines: Answer['body'][] = [];
    await new Promise<void>((resolve, reject) => {
      const headers = { host: 'localhost', authorization: `Bearer ${keys['auditor']}` };
      const outgoing = request({ socketPath: gateway.socketPath, path: '/api/v1/log/follow?from=0', headers, agent: false }, (response) => {
        expect(response.headers['content-type']).toBe('application/x-ndjson');
        let rest = '';
        response.on('data', (chunk: Buffer) => {
          const parts = (rest + chunk.toString()).split('\n');
          rest = parts.pop() ?? '';
          for (const part of parts) if (part !== '') lines.push(JSON.parse(part));
          if (lines.length < 5) return;
          outgoing.destroy();
          resolve();
        });
      });
      outgoing.on('error', reject);
      outgoing.end();
    });
    expect(lines.slice(0, 5).map((line) => line.index)).toEqual([0, 1, 2, 3, 4]);
    expect(lines.every((line) => line.payload === null)).toBe(true);
  });
});

describe('keys', () => {
  it('are refused from the next request on once they are revoked', async () => {
    const body = { name: 'short', roles: ['auditor'], scopes: [{ server: '*', tool: '*' }] };
    const made = await ask('POST', '/api/v1/keys', { body });
    expect((await ask('GET', '/api/v1/status', { key: made.body.secret, network: true })).status).toBe(200);
    expect((await ask('POST', `/api/v1/keys/${made.body.id}/revoke`)).body.state).toBe('revoked');
    const after = await ask('GET', '/api/v1/status', { key: made.body.secret, network: true });
    expect(after.status).toBe(401);
  });

  it('cannot make a key that may do more than themselves', async () => {
    const scopes = [{ server: '*', tool: '*' }];
    const own = { name: 'narrow', roles: ['admin'], scopes, networks: ['127.0.0.0/8'] };
    const narrow = await ask('POST', '/api/v1/keys', { body: own });
    const answer = await ask('POST', '/api/v1/keys', { key: narrow.body.secret, body: { ...own, name: 'broad', networks: null } });
    expect([answer.status, answer.body.error.reason]).toEqual([403, 'identity.scope_too_broad']);
    const one = await ask('POST', '/api/v1/keys', { body: { ...own, name: 'one', scopes: [{ server: 'files', tool: '*' }] } });
    const refused = await ask('POST', '/api/v1/keys', { key: one.body.secret, body: { ...own, name: 'all' } });
    expect([refused.status, refused.body.error.reason]).toEqual([403, 'admin.scope_too_narrow']);
  });
});
