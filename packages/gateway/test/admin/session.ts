import type { VerbName } from '../../src/admin/access.ts';
import { VERBS } from '../../src/admin/routes/index.ts';
import type { JsonObject } from '../../src/contracts/json.ts';
import { toolServer } from '../scenarios/running-gateway.ts';

/** What one step of an administrator's session sends; the path is relative to `/api/v1`. */
export interface Asked {
  readonly path: string;
  readonly body?: JsonObject;
}

export interface Step {
  readonly verb: VerbName;
  /** `answers`: the newest answer of each verb before. */
  readonly ask: (answers: Answers) => Asked;
}

export type Answers = (verb: VerbName) => JsonObject;

const text = (value: unknown): string => String(value);
const SCOPES = [{ server: '*', tool: '*' }];

/** Every verb of the API once, in an order in which each of them is done. A verb without a step fails the tests that drive this. */
export const SESSION: readonly Step[] = [
  { verb: 'contract.show', ask: () => ({ path: '/openapi.json' }) },
  { verb: 'keys.create', ask: () => ({ path: '/keys', body: { name: 'driven', roles: ['reader'], scopes: SCOPES } }) },
  { verb: 'keys.rotate', ask: (answers) => ({ path: `/keys/${text(answers('keys.create')['id'])}/rotate`, body: { overlapMinutes: 5 } }) },
  { verb: 'keys.revoke', ask: (answers) => ({ path: `/keys/${text(answers('keys.rotate')['id'])}/revoke` }) },
  { verb: 'keys.list', ask: () => ({ path: '/keys' }) },
  { verb: 'servers.probe', ask: () => ({ path: '/probes', body: toolServer('driven') }) },
  { verb: 'servers.register', ask: () => ({ path: '/servers', body: toolServer('driven') }) },
  { verb: 'servers.list', ask: () => ({ path: '/servers' }) },
  { verb: 'servers.show', ask: () => ({ path: '/servers/driven' }) },
  { verb: 'servers.approve', ask: () => ({ path: '/servers/driven/approve', body: { tool: 'read_0', effect: 'write' } }) },
  { verb: 'servers.refresh', ask: () => ({ path: '/servers/driven/refresh' }) },
  { verb: 'servers.label', ask: () => ({ path: '/servers/driven/labels', body: { labels: { dataClass: 'internal' } } }) },
  { verb: 'servers.limit', ask: () => ({ path: '/servers/driven/limits', body: { limits: { inFlight: 3 } } }) },
  {
    verb: 'grants.add',
    ask: (answers) => ({ path: '/grants', body: { principal: text(answers('keys.create')['principal']), tool: 'driven__destructive_0' } }),
  },
  { verb: 'grants.list', ask: () => ({ path: '/grants' }) },
  { verb: 'grants.report', ask: () => ({ path: '/reports/grants?days=1' }) },
  { verb: 'grants.remove', ask: (answers) => ({ path: `/grants/${text(answers('grants.add')['id'])}` }) },
  {
    verb: 'policies.add',
    ask: () => ({ path: '/policies', body: { text: '@id("driven") forbid (principal, action, resource in Server::"none");' } }),
  },
  { verb: 'policies.list', ask: () => ({ path: '/policies' }) },
  { verb: 'policies.show', ask: () => ({ path: '/policies/driven' }) },
  {
    verb: 'policies.explain',
    ask: (answers) => ({ path: `/reports/decision?principal=${text(answers('keys.create')['principal'])}&tool=driven__read_0` }),
  },
  {
    verb: 'policies.replay',
    ask: () => ({
      path: '/reports/replay',
      body: { policies: '@id("driven-too") forbid (principal, action, resource in Server::"none");' },
    }),
  },
  { verb: 'policies.remove', ask: () => ({ path: '/policies/driven' }) },
  { verb: 'tenants.create', ask: () => ({ path: '/tenants', body: { id: 'driven', title: 'Driven' } }) },
  { verb: 'tenants.list', ask: () => ({ path: '/tenants' }) },
  { verb: 'tenants.key', ask: () => ({ path: '/tenants/driven/keys', body: { name: 'theirs', roles: ['admin'], scopes: SCOPES } }) },
  { verb: 'tenants.register', ask: () => ({ path: '/tenants/driven/servers', body: toolServer('driven') }) },
  { verb: 'servers.remove', ask: () => ({ path: '/servers/driven' }) },
  { verb: 'log.query', ask: () => ({ path: '/log?limit=20&payloads=true' }) },
  { verb: 'log.show', ask: (answers) => ({ path: `/log/${newestRef(answers('log.query'))}` }) },
  { verb: 'log.verify', ask: () => ({ path: '/log/verify' }) },
  { verb: 'log.digest', ask: () => ({ path: '/digests', body: { value: 'a text' } }) },
  { verb: 'log.follow', ask: () => ({ path: '/log/follow?from=0' }) },
  { verb: 'config.history', ask: () => ({ path: '/config/versions?limit=5' }) },
  { verb: 'config.show', ask: () => ({ path: '/config/versions/1' }) },
  { verb: 'config.diff', ask: () => ({ path: '/config/diff?from=1&to=2' }) },
  { verb: 'config.verify', ask: () => ({ path: '/config/verify' }) },
  { verb: 'config.reload', ask: () => ({ path: '/config/reload' }) },
  { verb: 'config.accept', ask: () => ({ path: '/config/accept' }) },
  { verb: 'config.revert', ask: () => ({ path: '/config/revert', body: { version: '1' } }) },
  { verb: 'status.show', ask: () => ({ path: '/status' }) },
  { verb: 'metrics.show', ask: () => ({ path: '/../../metrics' }) },
];

const newestRef = (page: JsonObject): string => {
  const [newest] = page['items'] as readonly { readonly record: { readonly id: string } }[];
  return text(newest?.record.id);
};

export const verbOf = (name: VerbName): (typeof VERBS)[number] => {
  const verb = VERBS.find((one) => one.name === name);
  if (verb === undefined) throw new Error(`no verb ${name}`);
  return verb;
};
