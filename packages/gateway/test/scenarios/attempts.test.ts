import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { JsonObject } from '../../src/contracts/json.ts';
import { openStand, type Stand } from './bad-stand.ts';
import { bareAsk, loopback } from './bare-socket.ts';
import { call, post, request } from './wire.ts';

let stand: Stand;
const printed: string[] = [];
beforeAll(async () => {
  for (const stream of [process.stdout, process.stderr]) {
    const write = stream.write.bind(stream);
    vi.spyOn(stream, 'write').mockImplementation((...all: Parameters<typeof write>) => {
      printed.push(String(all[0]));
      return write(...all);
    });
  }
  stand = await openStand();
});
afterAll(async () => {
  vi.restoreAllMocks();
  await stand.stop();
});

const reasonsSince = async (since: number): Promise<readonly string[]> =>
  (await stand.gateway.records(`since=${since}`)).flatMap((one) => {
    const record = one['record'] as JsonObject;
    return record['via'] === 'mcp' ? [`${String(record['kind'])} ${String(record['reason'] ?? record['status'])}`] : [];
  });

async function whereIs(canaries: readonly string[]): Promise<readonly string[]> {
  const files = (dir: string): readonly string[] =>
    readdirSync(dir).flatMap((name) =>
      statSync(join(dir, name)).isDirectory() ? files(join(dir, name)) : statSync(join(dir, name)).isFile() ? [join(dir, name)] : [],
    );
  const sinks: (readonly [string, string])[] = files(stand.gateway.data)
    .filter((file) => !file.endsWith('.key'))
    .map((file) => [file, readFileSync(file, 'latin1')] as const);
  sinks.push(
    ['log', JSON.stringify(stand.gateway.log)],
    ['printed', printed.join('')],
    ['records', JSON.stringify(await stand.gateway.records())],
  );
  return sinks.flatMap(([where, text]) => canaries.filter((canary) => text.includes(canary)).map((canary) => `${canary} in ${where}`));
}

describe('attempts to authenticate', () => {
  it('are recorded, thirty of them, each once with its outcome and reason, and no key is found in any sink [R2-057 partial: networks of a key, which the API cannot set yet]', async () => {
    const { gateway } = stand;
    const good = await gateway.key({ name: 'good', roles: ['reader'] });
    const revoked = await gateway.key({ name: 'revoked', roles: ['reader'] });
    const made = good.text.slice(0, -4);
    await gateway.admin('POST', `/keys/${revoked.id}/revoke`);
    const host = new URL(gateway.mcp).host;
    const body = '{"jsonrpc":"2.0","id":1,"method":"ping"}';
    const attempt = (from: number, authorization: string | null, path = '/mcp', origin: string | null = null) =>
      bareAsk({
        url: gateway.mcp,
        path,
        from,
        body: [body],
        headers: [
          ['host', host],
          ['content-type', 'application/json'],
          ['accept', 'application/json, text/event-stream'],
          ['content-length', String(body.length)],
          ...(authorization === null ? [] : ([['authorization', authorization]] as const)),
          ...(origin === null ? [] : ([['origin', origin]] as const)),
        ],
      });
    const failures: readonly (readonly [string | null, string, number, string?])[] = [
      [null, 'identity.credential_missing', 401],
      ['Basic Y2FuYXJ5OmNhbmFyeS1wYXNzd29yZA==', 'identity.credential_malformed', 401],
      ['Bearer canary-token-that-is-no-key', 'identity.credential_malformed', 401],
      [`Bearer ${made}`, 'identity.credential_malformed', 401],
      [`Bearer ${revoked.text}`, 'identity.credential_revoked', 401],
      [null, 'identity.credential_in_url', 400, `/mcp?api_key=canary-in-the-query`],
    ];
    const since = Date.now();
    const expected: string[] = [];
    for (let i = 0; i < 21; i++) {
      const [authorization, reason, status, path] = failures[i % failures.length] as (typeof failures)[number];
      expect((await attempt(20 + i, authorization, path)).status).toBe(status);
      expected.push(`refusal ${reason}`);
    }
    for (let i = 0; i < 9; i++) {
      const begun = await post(
        { mcp: gateway.mcp, key: good.text },
        request(1, 'initialize', { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'c', version: '1' } }),
      );
      expect(begun.status).toBe(200);
      expected.push('answer ok');
    }
    expect(await reasonsSince(since)).toEqual(expected);
    expect(await whereIs([good.text, revoked.text, made, 'canary-token', 'canary-in-the-query', 'Y2FuYXJ5', 'canary-password'])).toEqual(
      [],
    );
  });

  it('name the key of a success and the address of a failure', async () => {
    await call(stand.legacy, 1, 'local__echo', { text: 'x' });
    const [intent] = await stand.gateway.records('kind=intent');
    expect(intent).toMatchObject({ record: { principal: expect.stringMatching(/./), credential: expect.stringMatching(/./) } });
    const refused = await stand.gateway.records('reason=identity.credential_missing');
    expect(refused.at(-1)).toMatchObject({ payload: { address: loopback(38) } });
  });
});

describe('without a key', () => {
  it.each([
    ['POST', '/mcp'],
    ['GET', '/mcp'],
    ['DELETE', '/mcp'],
    ['POST', '/mcp/local'],
    ['POST', '/mcp/no-such'],
    ['POST', '/'],
    ['GET', '/metrics'],
    ['GET', '/auth'],
    ['GET', '/api/v1/keys'],
  ])('%s %s is 401 with WWW-Authenticate', async (verb, path) => {
    const headers = [
      ['host', new URL(stand.gateway.mcp).host],
      ['content-type', 'application/json'],
      ['content-length', '0'],
    ] as const;
    const answer = await bareAsk({ url: stand.gateway.mcp, verb, path, from: 90, headers });
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="sallyport"');
  });
});
