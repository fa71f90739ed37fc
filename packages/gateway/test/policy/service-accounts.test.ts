import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ACCESS, mayUse, type VerbName } from '../../src/admin/access.ts';
import type { JsonObject } from '../../src/contracts/json.ts';
import type { Role } from '../../src/contracts/principal.ts';
import { DAY, movedClock } from '../scenarios/moved-clock.ts';
import { startTestGateway, type TestGateway, toolServer } from '../scenarios/running-gateway.ts';
import { type Caller, modern, textOf } from '../scenarios/wire.ts';

const clock = movedClock();
let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ servers: [toolServer('files')], start: { clock } });
}, 60_000);
afterAll(() => gateway.stop());

const SCOPES = [{ server: '*', tool: '*' }];
let count = 0;
const service = (more: JsonObject = {}): JsonObject => ({
  name: `service ${count++}`,
  roles: ['service'],
  scopes: SCOPES,
  owner: 'team build',
  expiresInDays: 5,
  ...more,
});
const made = async (body: JsonObject): Promise<{ readonly id: string; readonly principal: string; readonly key: string }> => {
  const answer = await gateway.admin('POST', '/keys', body);
  if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
  return { id: String(answer.body['id']), principal: String(answer.body['principal']), key: String(answer.body['secret']) };
};
const listing = (key: string): ReturnType<typeof modern> => modern({ mcp: gateway.mcp, key } satisfies Caller, 1, 'tools/list');
const names = async (key: string): Promise<readonly string[]> => {
  const tools = ((await listing(key)).message?.['result'] as JsonObject | undefined)?.['tools'] as readonly JsonObject[] | undefined;
  return (tools ?? []).map(({ name }) => String(name));
};
const refusedFor = async (reason: string): Promise<number> => (await gateway.records(`kind=refusal&reason=${reason}`)).length;

// Literal: who may hold what. A person may hold every role but that of services; a program holds no role of people who decide or administer.
const MAY: Readonly<Record<'person' | 'service', Readonly<Record<Role, boolean>>>> = {
  person: { reader: true, writer: true, approver: true, auditor: true, admin: true, service: true, monitor: true },
  service: { reader: true, writer: true, approver: false, auditor: false, admin: false, service: true, monitor: true },
};

describe('roles of people and of programs', () => {
  const cells = Object.entries(MAY).flatMap(([kind, row]) => Object.entries(row).map(([role, may]) => [kind, role, may] as const));
  it.each(cells)('a %s with the role %s: %s [R1-16]', async (kind, role, may) => {
    const roles = [...new Set(kind === 'service' ? ['service', role] : [role])];
    const answer = await gateway.admin('POST', '/keys', service({ roles }));
    expect(answer.status).toBe(may ? 201 : 400);
    if (may) return;
    const told = answer.body['error'] as JsonObject;
    expect(told['reason']).toBe('identity.invalid_request');
    expect(told['message']).toContain(`a service account cannot hold the role ${role}, which is for people`);
  });

  it('are asked again at the door: a key with both administers nothing [R1-16]', () => {
    for (const verb of Object.keys(ACCESS) as VerbName[]) {
      expect([verb, mayUse(['service', 'admin'], verb), mayUse(['service', 'auditor'], verb)]).toEqual([verb, false, false]);
      expect([verb, mayUse(['service', 'monitor'], verb)]).toEqual([verb, verb === 'metrics.show']);
      expect([verb, mayUse(['admin'], verb)]).toEqual([verb, true]);
    }
  });
});

describe('a service account', () => {
  it('reaches what its grants name and nothing else, whatever roles stand beside [R2-018]', async () => {
    for (const roles of [['service'], ['service', 'writer']]) {
      const { key, principal } = await made(service({ roles }));
      expect(await names(key)).toEqual([]);
      await gateway.admin('POST', '/grants', { principal, tool: 'files__write_0' });
      expect(await names(key)).toEqual(['files__write_0']);
      const caller = { mcp: gateway.mcp, key };
      expect(textOf(await modern(caller, 1, 'tools/call', { name: 'files__write_0', arguments: { text: 'x' } }))).toBe('{"text":"x"}');
      expect(textOf(await modern(caller, 1, 'tools/call', { name: 'files__read_0', arguments: { text: 'x' } }))).toContain('Unknown tool');
    }
  });

  it.each([
    ['no owner', { owner: null }],
    ['an owner of blanks', { owner: '   ' }],
    ['no expiry', { expiresInDays: undefined }],
    ['an owner that is nobody', { owner: 'prn_01JB0000000000000000000000' }],
  ])('cannot be made with %s [R2-018]', async (_, more) => {
    const body = Object.fromEntries(Object.entries(service(more as unknown as JsonObject)).filter(([, value]) => value !== undefined));
    const answer = await gateway.admin('POST', '/keys', body as JsonObject);
    expect(answer.status).toBe(400);
  });

  it('ends with its owner, from the next request on [R2-018]', async () => {
    const person = await made({ name: 'an owner', roles: ['reader'], scopes: SCOPES });
    const owned = await made(service({ owner: person.principal }));
    expect((await listing(owned.key)).status).toBe(200);
    // A successor is the same person: what they own goes on.
    const next = await gateway.admin('POST', `/keys/${person.id}/rotate`, {});
    expect((await listing(owned.key)).status).toBe(200);
    expect((await gateway.admin('POST', `/keys/${String(next.body['id'])}/revoke`)).status).toBe(200);
    expect((await listing(owned.key)).status).toBe(401);
    expect(await refusedFor('identity.owner_missing')).toBe(1);
  });

  it('cannot be owned by another program [R2-018]', async () => {
    const first = await made(service());
    const answer = await gateway.admin('POST', '/keys', service({ owner: first.principal }));
    expect([answer.status, (answer.body['error'] as JsonObject)['reason']]).toEqual([400, 'identity.invalid_request']);
  });

  it('ends on its day [R2-018]', async () => {
    const { key } = await made(service({ expiresInDays: 1 }));
    expect((await listing(key)).status).toBe(200);
    clock.advance(DAY + 1000);
    expect((await listing(key)).status).toBe(401);
    expect(await refusedFor('identity.credential_expired')).toBe(1);
  });

  it('is right-sized by use: the grant that nobody needed stands in the report, the one that was used does not [R2-018]', async () => {
    const { key, principal } = await made(service({ expiresInDays: 20 }));
    const grant = async (tool: string): Promise<unknown> => (await gateway.admin('POST', '/grants', { principal, tool })).body['id'];
    const [used, idle] = [await grant('files__read_0'), await grant('files__destructive_0')];
    clock.advance(10 * DAY);
    expect(textOf(await modern({ mcp: gateway.mcp, key }, 1, 'tools/call', { name: 'files__read_0', arguments: { text: 'x' } }))).toBe(
      '{"text":"x"}',
    );
    const report = async (days: number): Promise<readonly unknown[]> => {
      const answer = await gateway.admin('GET', `/reports/grants?days=${days}`);
      return (answer.body['items'] as readonly JsonObject[])
        .filter((row) => row['principal'] === principal)
        .map(({ id, unusedDays }) => [id, unusedDays]);
    };
    expect(await report(5)).toEqual([[idle, 10]]);
    expect(await report(11)).toEqual([]);
    clock.advance(6 * DAY);
    expect(await report(5)).toEqual([
      [idle, 16],
      [used, 6],
    ]);
  });
});
