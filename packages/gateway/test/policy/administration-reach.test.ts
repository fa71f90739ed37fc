import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/contracts/json.ts';
import { startTestGateway, type TestGateway, toolServer } from '../scenarios/running-gateway.ts';

interface Told {
  readonly status: number;
  readonly body: JsonObject;
}
type Ask = (method: string, path: string, body?: unknown) => Promise<Told>;

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ servers: ['alpha', 'beta'].map((id) => toolServer(id)) });
}, 60_000);
afterAll(() => gateway.stop());

async function asking(name: string, more: JsonObject): Promise<Ask> {
  const { text } = await gateway.key({ name, roles: ['admin'], ...more });
  return async (method, path, body) => {
    const response = await fetch(`${gateway.running.adminUrl}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${text}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as JsonObject };
  };
}

const errorOf = ({ body }: Told): { readonly reason: string; readonly message: string; readonly ref: string } =>
  body['error'] as unknown as { reason: string; message: string; ref: string };

/** Everything that an administrator could have changed. */
async function stateOf(): Promise<string> {
  const seen: JsonObject[] = [];
  for (const path of ['/servers/alpha', '/servers/beta', '/grants']) seen.push((await gateway.admin('GET', path)).body);
  const keys = (await gateway.admin('GET', '/keys')).body['items'] as readonly JsonObject[];
  const names = keys.map(({ id, state, replacedBy }) => [id, state, replacedBy]) as unknown as JsonObject;
  return JSON.stringify([...seen, names]);
}

/** The refusal is in the log with its reason, and nothing was written as meant to be done. */
async function expectRefused(told: Told, reason: string): Promise<void> {
  expect([told.status, errorOf(told).reason]).toEqual([403, reason]);
  const found = await gateway.admin('GET', `/log/${errorOf(told).ref}`);
  const records = (found.body['items'] as readonly JsonObject[]).map((item) => item['record'] as JsonObject);
  expect(records).toHaveLength(1);
  expect(records[0]).toMatchObject({ kind: 'refusal', status: 'refused', reason });
}

const grant = { principal: 'prn_somebody', tool: 'beta__destructive_0' };
const APPROVAL = { tool: 'destructive_0', effect: 'read' };

describe('an admin’s key for all of one server', () => {
  it('shows, approves, grants, takes away and asks again there', async () => {
    const ask = await asking('alpha at work', { scopes: [{ server: 'alpha', tool: '*' }] });
    expect((await ask('GET', '/servers/alpha')).status).toBe(200);
    const approved = await ask('POST', '/servers/alpha/approve', { tool: 'write_1', effect: 'read' });
    expect([approved.status, approved.body['effect']]).toEqual([200, 'read']);
    const added = await ask('POST', '/grants', { ...grant, tool: 'alpha__destructive_0' });
    expect(added.status).toBe(201);
    expect((await ask('DELETE', `/grants/${String(added.body['id'])}`)).status).toBe(200);
    expect((await ask('POST', '/servers/alpha/refresh', {})).status).toBe(200);
  });

  it('is refused everything else, which changes nothing and is recorded as a refusal alone', async () => {
    const ask = await asking('alpha beyond', { scopes: [{ server: 'alpha', tool: '*' }] });
    const others = await gateway.admin('POST', '/grants', grant);
    const key = await gateway.key({ name: 'bystander', roles: ['reader'] });
    const before = await stateOf();
    const beyond: readonly (readonly [method: string, path: string, body?: unknown])[] = [
      ['GET', '/servers'],
      ['GET', '/servers/beta'],
      ['POST', '/servers/beta/approve', APPROVAL],
      ['POST', '/servers/beta/refresh', {}],
      ['DELETE', '/servers/beta'],
      ['POST', '/servers', { id: 'gamma', transport: { kind: 'stdio', launch: { command: '/bin/true' } } }],
      ['POST', '/grants', { ...grant, tool: 'beta__write_0' }],
      ['DELETE', `/grants/${String(others.body['id'])}`],
      ['GET', '/grants'],
      ['GET', '/log?payloads=true'],
      ['GET', '/log/follow?from=0&payloads=true'],
      ['GET', '/log/verify'],
      ['GET', '/status'],
      ['GET', '/keys'],
      ['POST', '/keys', { name: 'mine', roles: ['reader'], scopes: [{ server: 'alpha', tool: '*' }] }],
      ['POST', `/keys/${key.id}/revoke`],
      ['POST', `/keys/${key.id}/rotate`, {}],
    ];
    for (const [method, path, body] of beyond) await expectRefused(await ask(method, path, body), 'admin.scope_too_narrow');
    expect(await stateOf()).toBe(before);
  });

  it('learns of no server and of no grant whether it is there', async () => {
    const ask = await asking('alpha looks around', { scopes: [{ server: 'alpha', tool: '*' }] });
    const [there] = (await gateway.admin('GET', '/grants')).body['items'] as readonly JsonObject[];
    const told = async (method: string, path: string): Promise<unknown> => {
      const { ref: _ref, ...rest } = errorOf(await ask(method, path));
      return rest;
    };
    expect(String(there?.['tool'])).toMatch(/^beta__/);
    expect(await told('DELETE', `/grants/${String(there?.['id'])}`)).toEqual(await told('DELETE', '/grants/none'));
    const [beta, none] = [await told('GET', '/servers/beta'), await told('GET', '/servers/nada')];
    expect(JSON.stringify(beta).replaceAll('beta', 'nada')).toBe(JSON.stringify(none));
  });
});

describe('an admin’s key', () => {
  it('for one tool approves and grants that tool, and neither shows nor removes its server', async () => {
    const ask = await asking('one tool', { scopes: [{ server: 'beta', tool: 'read_1' }] });
    expect((await ask('POST', '/servers/beta/approve', { tool: 'read_1', effect: 'read' })).status).toBe(200);
    const added = await ask('POST', '/grants', { ...grant, tool: 'beta__read_1' });
    expect(added.status).toBe(201);
    expect((await ask('DELETE', `/grants/${String(added.body['id'])}`)).status).toBe(200);
    const before = await stateOf();
    for (const [method, path, body] of [
      ['POST', '/servers/beta/approve', APPROVAL],
      ['POST', '/servers/alpha/approve', { tool: 'read_1' }],
      ['POST', '/grants', { ...grant, tool: 'beta__read_0' }],
      ['POST', '/grants', { ...grant, tool: 'beta__read_1__more' }],
      ['GET', '/servers/beta', undefined],
      ['DELETE', '/servers/beta', undefined],
    ] as const)
      await expectRefused(await ask(method, path, body), 'admin.scope_too_narrow');
    expect(await stateOf()).toBe(before);
  });

  it('with a list of methods administers nothing, whatever stands in the list', async () => {
    for (const methods of [['tools/call'], ['servers.approve', 'keys.list', 'status.show']]) {
      const ask = await asking(`methods ${methods.length}`, { methods: methods.map((method) => method.replace('.', '/')) });
      for (const [method, path, body] of [
        ['GET', '/status', undefined],
        ['GET', '/log', undefined],
        ['POST', '/servers/beta/approve', APPROVAL],
        ['POST', '/keys', { not: 'even valid' }],
      ] as const)
        await expectRefused(await ask(method, path, body), 'admin.key_for_methods');
    }
  });

  it('of another network is nobody’s', async () => {
    const [here, elsewhere] = [
      await asking('here', { networks: ['127.0.0.0/8'] }),
      await asking('elsewhere', { networks: ['10.0.0.0/8', '2001:db8::/32'] }),
    ];
    expect((await here('GET', '/status')).status).toBe(200);
    for (const path of ['/status', '/servers/beta', '/log']) {
      const told = await elsewhere('GET', path);
      expect([told.status, errorOf(told).reason]).toEqual([401, 'identity.address_not_allowed']);
    }
    expect((await elsewhere('POST', '/servers/beta/approve', APPROVAL)).status).toBe(401);
  });

  it('says in its refusal what it takes', async () => {
    const ask = await asking('readable', { scopes: [{ server: 'alpha', tool: 'read_0' }] });
    const told = async (method: string, path: string, body?: unknown): Promise<string> => errorOf(await ask(method, path, body)).message;
    const text = 'The scopes of this key do not cover what this touches. It takes a key for: ';
    expect(await told('GET', '/log')).toBe(`${text}*/*.`);
    expect(await told('GET', '/servers/alpha')).toBe(`${text}alpha/*.`);
    expect(await told('POST', '/servers/beta/approve', APPROVAL)).toBe(`${text}beta/destructive_0.`);
    expect(await told('POST', '/grants', grant)).toBe(`${text}beta/destructive_0.`);
    expect(await told('DELETE', '/grants/none')).toBe(`${text}the tool that the grant names.`);
  });
});
