import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keyedDigests } from '../../src/audit/index.ts';
import { random } from '../../src/base/bytes.ts';
import { systemClock } from '../../src/base/clock.ts';
import { DEFAULT_TENANT } from '../../src/base/ids.ts';
import { silentLogger } from '../../src/base/log.ts';
import type { DecisionInputs } from '../../src/contracts/decision.ts';
import type { JsonObject } from '../../src/contracts/json.ts';
import type { Role } from '../../src/contracts/principal.ts';
import { openPolicyDocuments, type PolicyDocuments, replay } from '../../src/policy/index.ts';
import { openStorage, type Storage } from '../../src/storage/index.ts';
import { openVault } from '../../src/vault/index.ts';
import { startTestGateway, type TestGateway, toolServer } from './running-gateway.ts';
import { modern } from './wire.ts';

interface Recorded {
  readonly decision: { readonly effect: string; readonly policies: readonly string[]; readonly version: string; readonly inputs: string };
  readonly inputs: DecisionInputs;
}

const ROLES: readonly (readonly Role[])[] = [['reader'], ['writer'], ['service'], ['auditor'], ['reader', 'approver'], ['admin']];
const TOOLS = ['read_0', 'write_0', 'destructive_0', 'destructive_1', 'echo', 'not_there'];

let data: string;
let recorded: readonly Recorded[];
let administered: readonly JsonObject[];
let calls: number;
let storage: Storage;
let documents: PolicyDocuments;
let digestOf: (text: string) => string;

beforeAll(async () => {
  data = mkdtempSync(join(tmpdir(), 'sallyport-replay-'));
  const gateway = await startTestGateway({ data, servers: [toolServer('one'), toolServer('two')] });
  calls = await run(gateway);
  const records = await everything(gateway);
  recorded = records.flatMap((one) => {
    const decision = (one['record'] as JsonObject)['decision'] as unknown as Recorded['decision'] | undefined;
    return decision === undefined ? [] : [{ decision, inputs: (one['payload'] as JsonObject)['inputs'] as unknown as DecisionInputs }];
  });
  administered = records.filter((one) => (one['record'] as JsonObject)['kind'] === 'administration');
  await gateway.stop();
  const vault = openVault({ file: join(data, 'keys'), create: false, random });
  if (!vault.ok) throw new Error(vault.reason);
  const keyed = keyedDigests(vault.value.mac('audit'));
  digestOf = (text) => keyed(DEFAULT_TENANT, text);
  const opened = await openStorage({ dir: data, key: vault.value.stateKey(), clock: systemClock, log: silentLogger });
  if (!opened.ok) throw new Error(opened.reason);
  storage = opened.value;
  const kept = await openPolicyDocuments({ storage, clock: systemClock });
  if (!kept.ok) throw new Error(kept.reason);
  documents = kept.value;
}, 120_000);

afterAll(async () => {
  await storage.close();
  rmSync(data, { recursive: true });
});

/** Callers of every kind, every tool, and policies that change between the rounds. */
async function run(gateway: TestGateway): Promise<number> {
  const callers: { readonly mcp: string; readonly key: string; readonly principal: string }[] = [];
  for (const roles of ROLES) {
    const service = roles.includes('service') ? { owner: 'ops', expiresInDays: 5 } : {};
    const scopes = roles[0] === 'writer' ? [{ server: 'one', tool: '*' }] : [{ server: '*', tool: '*' }];
    const { text, principal } = await gateway.key({ name: roles.join('-'), roles, scopes, ...service });
    callers.push({ mcp: gateway.mcp, key: text, principal });
  }
  let made = 0;
  const round = async (): Promise<void> => {
    for (const caller of callers)
      for (const server of ['one', 'two'])
        for (const tool of TOOLS) {
          await modern(caller, made, 'tools/call', { name: `${server}__${tool}`, arguments: { text: 'a' } });
          made += 1;
        }
  };
  await round();
  const grants: string[] = [];
  for (const { principal } of callers.slice(0, 3)) {
    const granted = await gateway.admin('POST', '/grants', { principal, tool: 'one__destructive_0' });
    grants.push(String(granted.body['id']));
  }
  await round();
  await gateway.admin('DELETE', `/grants/${grants[0]}`);
  await round();
  return made;
}

async function everything(gateway: TestGateway): Promise<readonly JsonObject[]> {
  const all: JsonObject[] = [];
  let cursor = '';
  for (;;) {
    const page = (await gateway.admin('GET', `/log?limit=500&payloads=true${cursor}`)).body;
    all.push(...(page['items'] as readonly JsonObject[]));
    if (page['next'] === null) return all.reverse();
    cursor = `&cursor=${page['next']}`;
  }
}

describe('decisions on the record', () => {
  it('are made again from their stored inputs under their stored version, all of them alike, and every grant and its removal is there with what changed [R2-058]', async () => {
    // Every call of a tool that exists was decided and recorded once; what is not there is refused before any policy.
    expect(recorded).toHaveLength((calls / TOOLS.length) * (TOOLS.length - 1));
    let same = 0;
    for (const { decision, inputs } of recorded) {
      expect(digestOf(JSON.stringify(inputs))).toBe(decision.inputs);
      const document = await documents.find('default', decision.version);
      if (!document.ok || document.value === null) throw new Error(`version ${decision.version} is not kept`);
      const again = replay(document.value, decision.version, inputs);
      expect(again).toMatchObject({ ok: true, value: { effect: decision.effect, policies: decision.policies, version: decision.version } });
      same += 1;
    }
    expect(same / recorded.length).toBe(1);
    expect(new Set(recorded.map(({ decision }) => decision.version)).size).toBeGreaterThanOrEqual(3);
    for (const effect of ['allow', 'deny'])
      expect(recorded.filter(({ decision }) => decision.effect === effect).length).toBeGreaterThan(20);
    expect(recorded.some(({ decision }) => decision.policies.some((id) => id.startsWith('grant:')))).toBe(true);
    expect(new Set(recorded.map(({ inputs }) => inputs.action))).toEqual(new Set(['call', 'discover']));

    // An intent, and an outcome that says what changed.
    const changes = (action: string): readonly JsonObject[] =>
      administered.filter((one) => (one['record'] as JsonObject)['action'] === action && 'after' in (one['payload'] as JsonObject));
    const granted = changes('policy.grant.added').map((one) => one['payload'] as JsonObject);
    expect(granted.map(({ before }) => before)).toEqual([null, null, null]);
    expect(granted.map(({ after }) => (after as JsonObject)['tool'])).toEqual(Array(3).fill('one__destructive_0'));
    const [removed, ...more] = changes('policy.grant.removed').map((one) => one['payload'] as JsonObject);
    expect(more).toEqual([]);
    // Between the two it was used, and that is kept of a grant.
    const before = { ...(granted[0]?.['after'] as JsonObject), lastUsedAt: expect.any(Number) };
    expect(removed).toMatchObject({ before, after: null });
  });

  it('are not made again from other inputs, nor under another version or document', async () => {
    const [one] = recorded.filter(({ decision }) => decision.effect === 'allow');
    if (one === undefined) throw new Error('nothing was allowed');
    const document = await documents.find('default', one.decision.version);
    if (!document.ok || document.value === null) throw new Error('not kept');
    const without = { ...one.inputs, principal: { ...one.inputs.principal, roles: [] } };
    expect(replay(document.value, one.decision.version, without)).toMatchObject({ value: { effect: 'deny' } });
    expect(replay({ ...document.value, pins: [] }, one.decision.version, one.inputs)).toMatchObject({ reason: 'policy.invalid' });
    expect(await documents.find('default', '0'.repeat(64))).toEqual({ ok: true, value: null });
    expect(await documents.find('other', one.decision.version)).toEqual({ ok: true, value: null });
  });
});
