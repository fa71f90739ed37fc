import type { JsonObject } from '../../src/contracts/json.ts';
import type { Role } from '../../src/contracts/principal.ts';
import type { MethodRow } from './method-matrix.ts';

// What a caller of one tenant is answered about what another tenant has, written out for a reader. There is one answer: that of what never was.
//
//   --     there is no such tool, prompt, template, resource or task
//   ----   is no method of this revision

/** Who asks; no role reaches over the border of its tenant, and no two of them together do. */
export const TENANT_CALLERS: readonly { readonly caller: string; readonly roles: readonly Role[] }[] = [
  { caller: 'reader', roles: ['reader'] },
  { caller: 'writer', roles: ['writer'] },
  { caller: 'approver', roles: ['approver'] },
  { caller: 'auditor', roles: ['auditor'] },
  { caller: 'admin', roles: ['admin'] },
  { caller: 'monitor', roles: ['monitor'] },
  { caller: 'service', roles: ['service'] },
  { caller: 'admin+writer+auditor', roles: ['admin', 'writer', 'auditor'] },
];

type Ask = Pick<MethodRow, 'method' | 'kind' | 'params' | 'answers'> & { readonly object: string };

const ask = (object: string, method: string, answers: string, params: JsonObject): Ask => ({
  object,
  method,
  kind: 'request',
  params,
  answers,
});
const prompt = (server: string): JsonObject => ({ type: 'ref/prompt', name: `${server}__read` });
const template = (server: string): JsonObject => ({ type: 'ref/resource', uri: `${server}+made://read/{id}` });
const argument = { name: 'who', value: '' };

/** Every method that names an object x every kind of object: of a server, and a task. */
export const foreignAsks = ({ server, task }: { readonly server: string; readonly task: string }): readonly Ask[] => [
  //                                               2025-03-26 2025-06-18 2025-11-25 2026-07-28
  ask('a tool that reads', 'tools/call', '           --         --         --         --', { name: `${server}__read_0`, arguments: {} }),
  ask('a tool that writes', 'tools/call', '          --         --         --         --', { name: `${server}__write_0`, arguments: {} }),
  ask('a granted tool', 'tools/call', '              --         --         --         --', {
    name: `${server}__destructive_0`,
    arguments: {},
  }),
  ask('a prompt', 'prompts/get', '                   --         --         --         --', { name: `${server}__read` }),
  ask('a prompt', 'completion/complete', '           --         --         --         --', { ref: prompt(server), argument }),
  ask('a template', 'completion/complete', '         --         --         --         --', { ref: template(server), argument }),
  ask('a resource', 'resources/read', '              --         --         --         --', { uri: `${server}+note://listed` }),
  ask('a made resource', 'resources/read', '         --         --         --         --', { uri: `${server}+made://read/7` }),
  ask('a resource', 'resources/subscribe', '         --         --         --         ----', { uri: `${server}+note://listed` }),
  ask('a resource', 'resources/unsubscribe', '       --         --         --         ----', { uri: `${server}+note://listed` }),
  ask('a task', 'tasks/get', '                       ----       ----       --         --', { taskId: task }),
  ask('a task', 'tasks/result', '                    ----       ----       --         ----', { taskId: task }),
  ask('a task', 'tasks/cancel', '                    ----       ----       --         --', { taskId: task }),
  ask('a task', 'tasks/update', '                    ----       ----       ----       --', { taskId: task, inputResponses: {} }),
];

/** Lists that must not hold anything of the other tenant. */
export const LISTS = ['tools/list', 'prompts/list', 'resources/list', 'resources/templates/list'] as const;

/** What the other tenant has, as the administration names it. */
export interface ForeignIds {
  readonly server: string;
  readonly key: string;
  readonly grant: string;
  readonly policy: string;
  readonly record: string;
}

export interface AdminAsk {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly body: JsonObject | null;
  /** In the order of TENANT_CALLERS; `0`: 404, as of what never was; `R`: 403, the role; `N`: 200 and nothing of the other's; `O`: 403, for the operator only. */
  readonly answers: string;
}

const administer = (method: AdminAsk['method'], path: string, answers: string, body: JsonObject | null = null): AdminAsk => ({
  method,
  path: `/api/v1${path}`,
  body,
  answers,
});

export const foreignAdministration = ({ server, key, grant, policy, record }: ForeignIds): readonly AdminAsk[] => [
  //                                                     reader writer approver auditor admin monitor service all
  administer('GET', `/servers/${server}`, '               R      R      R        0       0     R       R       0'),
  administer('POST', `/servers/${server}/approve`, '      R      R      R        R       0     R       R       0', { tool: 'read_0' }),
  administer('POST', `/servers/${server}/refresh`, '      R      R      R        R       0     R       R       0'),
  administer('POST', `/servers/${server}/labels`, '       R      R      R        R       0     R       R       0', { labels: null }),
  administer('POST', `/servers/${server}/limits`, '       R      R      R        R       0     R       R       0', { limits: null }),
  administer('DELETE', `/servers/${server}`, '            R      R      R        R       0     R       R       0'),
  administer('POST', `/keys/${key}/revoke`, '             R      R      R        R       0     R       R       0'),
  administer('POST', `/keys/${key}/rotate`, '             R      R      R        R       0     R       R       0', {}),
  administer('DELETE', `/grants/${grant}`, '              R      R      R        R       0     R       R       0'),
  administer('GET', `/policies/${policy}`, '              R      R      R        0       0     R       R       0'),
  administer('DELETE', `/policies/${policy}`, '           R      R      R        R       0     R       R       0'),
  administer('GET', `/log/${record}`, '                   R      R      R        0       0     R       R       0'),
  administer('GET', '/servers', '                         R      R      R        N       N     R       R       N'),
  administer('GET', '/keys', '                            R      R      R        N       N     R       R       N'),
  administer('GET', '/grants', '                          R      R      R        N       N     R       R       N'),
  administer('GET', '/reports/grants', '                  R      R      R        N       N     R       R       N'),
  administer('GET', '/policies', '                        R      R      R        N       N     R       R       N'),
  administer('GET', '/log?limit=500', '                   R      R      R        N       N     R       R       N'),
  administer('GET', '/log/verify', '                      R      R      R        N       N     R       R       N'),
  administer('GET', '/config/versions', '                 R      R      R        N       N     R       R       N'),
  administer('GET', '/config/versions/1', '               R      R      R        N       N     R       R       N'),
  administer('GET', '/config/verify', '                   R      R      R        N       N     R       R       N'),
];

/** What concerns the gateway itself, asked by whoever belongs to a tenant. */
export const ofTheGateway = (tenant: string): readonly AdminAsk[] => [
  //                                                     reader writer approver auditor admin monitor service all
  administer('GET', '/status', '                          R      R      R        O       O     R       R       O'),
  administer('GET', '/metrics', '                         R      R      R        O       O     O       R       O'),
  administer('POST', '/config/reload', '                  R      R      R        R       O     R       R       O'),
  administer('POST', '/config/revert', '                  R      R      R        R       O     R       R       O', { version: '1' }),
  administer('POST', '/config/accept', '                  R      R      R        R       O     R       R       O'),
  administer('POST', '/servers', '                        R      R      R        R       O     R       R       O', {}),
  administer('POST', '/probes', '                         R      R      R        R       O     R       R       O', {}),
  administer('GET', '/tenants', '                         R      R      R        O       O     R       R       O'),
  administer('POST', '/tenants', '                        R      R      R        R       O     R       R       O', {}),
  administer('POST', `/tenants/${tenant}/keys`, '         R      R      R        R       O     R       R       O', {}),
  administer('POST', `/tenants/${tenant}/servers`, '      R      R      R        R       O     R       R       O', {}),
  administer('POST', '/reports/replay', '                 R      R      R        O       O     R       R       O', { config: '{}' }),
];

export const answersIn = (row: { readonly answers: string }): readonly string[] => row.answers.trim().split(/\s+/);
