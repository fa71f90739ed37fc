import type { JsonObject } from '../../src/contracts/json.ts';
import type { Scope } from '../../src/contracts/principal.ts';

// Every verb of the administration API by what a caller's roles hold, written out for a reader. `yes` is anything but 401 and 403: what is
// asked of names nothing that exists, so that nothing changes. A caller with several roles may do what one of them may.

export type AdminAnswer = 'yes' | 'no';

export interface AdminRow {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  /** In the order of ADMIN_ROLES. */
  readonly answers: string;
}

export const ADMIN_ROLES = ['admin', 'auditor', 'approver', 'reader', 'writer', 'service', 'monitor'] as const;

const REF = '01JB0000000000000000000000';
const row = (method: AdminRow['method'], path: string, answers: string): AdminRow => ({ method, path: `/api/v1${path}`, answers });

const metricsRow: AdminRow = {
  method: 'GET',
  path: '/metrics',
  answers: '                            yes   yes     no       no     no     no      yes',
};

export const ADMIN: readonly AdminRow[] = [
  //                                            admin auditor approver reader writer service monitor
  row('POST', '/keys', '                        yes   no      no       no     no     no      no'),
  row('GET', '/keys', '                         yes   yes     no       no     no     no      no'),
  row('POST', '/keys/key_none/revoke', '        yes   no      no       no     no     no      no'),
  row('POST', '/keys/key_none/rotate', '        yes   no      no       no     no     no      no'),
  row('POST', '/servers', '                     yes   no      no       no     no     no      no'),
  row('POST', '/probes', '                      yes   no      no       no     no     no      no'),
  row('GET', '/servers', '                      yes   yes     no       no     no     no      no'),
  row('GET', '/servers/none', '                 yes   yes     no       no     no     no      no'),
  row('POST', '/servers/none/approve', '        yes   no      no       no     no     no      no'),
  row('POST', '/servers/none/refresh', '        yes   no      no       no     no     no      no'),
  row('POST', '/servers/none/limits', '         yes   no      no       no     no     no      no'),
  row('POST', '/servers/none/labels', '         yes   no      no       no     no     no      no'),
  row('DELETE', '/servers/none', '              yes   no      no       no     no     no      no'),
  row('POST', '/grants', '                      yes   no      no       no     no     no      no'),
  row('GET', '/grants', '                       yes   yes     no       no     no     no      no'),
  row('GET', '/reports/grants', '               yes   yes     no       no     no     no      no'),
  row('DELETE', '/grants/none', '               yes   no      no       no     no     no      no'),
  row('POST', '/policies', '                    yes   no      no       no     no     no      no'),
  row('GET', '/policies', '                     yes   yes     no       no     no     no      no'),
  row('GET', '/policies/none', '                yes   yes     no       no     no     no      no'),
  row('GET', '/reports/decision?principal=p&tool=a__b', ' yes   yes     no       no     no     no      no'),
  row('POST', '/reports/replay', '              yes   yes     no       no     no     no      no'),
  row('DELETE', '/policies/none', '             yes   no      no       no     no     no      no'),
  row('GET', '/log', '                          yes   yes     no       no     no     no      no'),
  row('GET', `/log/${REF}`, '                   yes   yes     no       no     no     no'),
  row('GET', '/log/follow?from=x', '            yes   yes     no       no     no     no      no'),
  row('GET', '/log/verify', '                   yes   yes     no       no     no     no      no'),
  row('POST', '/digests', '                 yes   yes     no       no     no     no      no'),
  row('GET', '/status', '                       yes   yes     no       no     no     no      no'),
  row('GET', '/config/versions', '              yes   yes     no       no     no     no      no'),
  row('GET', '/config/versions/99999', '        yes   yes     no       no     no     no      no'),
  row('GET', '/config/diff?from=99998&to=99999', ' yes yes     no       no     no     no      no'),
  row('GET', '/config/verify', '                yes   yes     no       no     no     no      no'),
  row('POST', '/config/reload', '               yes   no      no       no     no     no      no'),
  row('POST', '/config/revert', '               yes   no      no       no     no     no      no'),
  row('POST', '/config/accept', '               yes   no      no       no     no     no      no'),
  row('POST', '/tenants', '                     yes   no      no       no     no     no      no'),
  row('GET', '/tenants', '                      yes   yes     no       no     no     no      no'),
  row('POST', '/tenants/none/keys', '           yes   no      no       no     no     no      no'),
  row('POST', '/tenants/none/servers', '        yes   no      no       no     no     no      no'),
  row('GET', '/openapi.json', '                 yes   yes     no       no     no     no      no'),
  metricsRow,
];

export const answersOf = (one: AdminRow): readonly AdminAnswer[] => one.answers.trim().split(/\s+/) as AdminAnswer[];

/** Kinds of keys by what they are limited to; each is made for an admin and for an auditor. */
export interface ReachKey {
  readonly kind: string;
  readonly scopes: readonly Scope[];
  readonly methods: readonly string[] | null;
  readonly networks: readonly string[] | null;
}

const anywhere = { methods: null, networks: null };
const all = [{ server: '*', tool: '*' }];

/** The columns of REACHES, in order. */
export const REACH_KEYS: readonly ReachKey[] = [
  { ...anywhere, kind: '*/*', scopes: all },
  { ...anywhere, kind: 'one/*', scopes: [{ server: 'one', tool: '*' }] },
  { ...anywhere, kind: 'one/read', scopes: [{ server: 'one', tool: 'read' }] },
  { ...anywhere, kind: '*/read', scopes: [{ server: '*', tool: 'read' }] },
  { ...anywhere, kind: 'one/* and two/*', scopes: ['one', 'two'].map((server) => ({ server, tool: '*' })) },
  { ...anywhere, kind: 'for methods', scopes: all, methods: ['tools/call', 'tools/list'] },
  { ...anywhere, kind: 'of this network', scopes: all, networks: ['127.0.0.0/8'] },
  { ...anywhere, kind: 'of another network', scopes: all, networks: ['10.0.0.0/8', '2001:db8::/32'] },
];

export interface ReachRow {
  readonly method: AdminRow['method'];
  readonly path: string;
  /** Valid in form, so that it is the reach which is judged; nothing that it names exists. */
  readonly body: JsonObject | null;
  /** In the order of REACH_KEYS; `yes` and `no` as above, `401`: nobody knows this key here. */
  readonly answers: string;
}

const touch = (method: AdminRow['method'], path: string, answers: string, body: JsonObject | null = null): ReachRow => ({
  method,
  path: `/api/v1${path}`,
  body: method === 'POST' ? (body ?? {}) : null,
  answers,
});

const NEW_KEY = { name: 'never made', roles: ['reader'], scopes: [{ server: 'one', tool: 'read' }], networks: ['no network'] };
const NEW_SERVER = { id: 'one', transport: { kind: 'streamable-http' } };
const granted = (tool: string): JsonObject => ({ principal: 'nobody', tool });

export const REACHES: readonly ReachRow[] = [
  //                                    */*  one/*  one/read  */read  one+two  methods  here  elsewhere
  touch('POST', '/keys', '              yes  no     no        no      no       no       yes   401', NEW_KEY),
  touch('GET', '/keys', '               yes  no     no        no      no       no       yes   401'),
  touch('POST', '/keys/key_none/revoke', 'yes no    no        no      no       no       yes   401'),
  touch('POST', '/keys/key_none/rotate', 'yes no    no        no      no       no       yes   401'),
  touch('POST', '/servers', '           yes  no     no        no      no       no       yes   401', NEW_SERVER),
  touch('POST', '/probes', '            yes  no     no        no      no       no       yes   401', NEW_SERVER),
  touch('GET', '/servers', '            yes  no     no        no      no       no       yes   401'),
  touch('GET', '/servers/one', '        yes  yes    no        no      yes      no       yes   401'),
  touch('GET', '/servers/two', '        yes  no     no        no      yes      no       yes   401'),
  touch('GET', '/servers/three', '      yes  no     no        no      no       no       yes   401'),
  touch('POST', '/servers/one/approve', 'yes yes    yes       yes     yes      no       yes   401', { tool: 'read' }),
  touch('POST', '/servers/one/approve', 'yes yes    no        no      yes      no       yes   401', { tool: 'write' }),
  touch('POST', '/servers/one/approve', 'yes yes    no        no      yes      no       yes   401', { tool: '*' }),
  touch('POST', '/servers/two/approve', 'yes no     no        yes     yes      no       yes   401', { tool: 'read' }),
  touch('POST', '/servers/two/approve', 'yes no     no        no      yes      no       yes   401', { tool: 'write' }),
  touch('POST', '/servers/one/refresh', 'yes yes    no        no      yes      no       yes   401'),
  touch('POST', '/servers/two/refresh', 'yes no     no        no      yes      no       yes   401'),
  touch('POST', '/servers/one/labels', ' yes  yes    no        no      yes      no       yes   401', { labels: null }),
  touch('POST', '/servers/two/labels', ' yes  no     no        no      yes      no       yes   401', { labels: null }),
  touch('POST', '/servers/one/limits', ' yes  yes    no        no      yes      no       yes   401', { limits: null }),
  touch('POST', '/servers/two/limits', ' yes  no     no        no      yes      no       yes   401', { limits: null }),
  touch('DELETE', '/servers/one', '     yes  yes    no        no      yes      no       yes   401'),
  touch('DELETE', '/servers/two', '     yes  no     no        no      yes      no       yes   401'),
  touch('POST', '/grants', '            yes  yes    yes       yes     yes      no       yes   401', granted('one__read')),
  touch('POST', '/grants', '            yes  yes    no        no      yes      no       yes   401', granted('one__write')),
  touch('POST', '/grants', '            yes  yes    no        no      yes      no       yes   401', granted('one__read__read')),
  touch('POST', '/grants', '            yes  no     no        yes     yes      no       yes   401', granted('two__read')),
  touch('POST', '/grants', '            yes  no     no        no      no       no       yes   401', granted('three__one')),
  touch('GET', '/grants', '             yes  no     no        no      no       no       yes   401'),
  touch('GET', '/reports/grants', '      yes  no     no        no      no       no       yes   401'),
  touch('POST', '/policies', '          yes  no     no        no      no       no       yes   401', {
    text: '@id("a") permit (principal, action, resource in Server::"one");',
  }),
  touch('GET', '/policies', '           yes  no     no        no      no       no       yes   401'),
  touch('GET', '/policies/none', '      yes  no     no        no      no       no       yes   401'),
  touch('GET', '/reports/decision?principal=p&tool=a__b', ' yes  no     no        no      no       no       yes   401'),
  touch('POST', '/reports/replay', '    yes  no     no        no      no       no       yes   401', { policies: 'x' }),
  touch('DELETE', '/policies/none', '   yes  no     no        no      no       no       yes   401'),
  touch('DELETE', '/grants/none', '     yes  no     no        no      no       no       yes   401'),
  touch('POST', '/tenants', '           yes  no     no        no      no       no       yes   401', { id: 'default', title: 'x' }),
  touch('GET', '/tenants', '            yes  no     no        no      no       no       yes   401'),
  touch('POST', '/tenants/none/keys', ' yes  no     no        no      no       no       yes   401', NEW_KEY),
  touch('POST', '/tenants/none/servers', 'yes no     no        no      no       no       yes   401', NEW_SERVER),
  touch('GET', '/log', '                yes  no     no        no      no       no       yes   401'),
  touch('GET', '/log?server=one', '     yes  no     no        no      no       no       yes   401'),
  touch('GET', `/log/${REF}`, '         yes  no     no        no      no       no       yes   401'),
  touch('GET', '/log/follow?from=0', '  yes  no     no        no      no       no       yes   401'),
  touch('GET', '/log/verify', '         yes  no     no        no      no       no       yes   401'),
  touch('POST', '/digests', '       yes  no     no        no      no       no       yes   401', { value: 'x' }),
  touch('GET', '/status', '             yes  no     no        no      no       no       yes   401'),
  touch('GET', '/config/versions', '    yes  no     no        no      no       no       yes   401'),
  touch('GET', '/config/versions/99999', 'yes no    no        no      no       no       yes   401'),
  touch('GET', '/config/diff?from=99998&to=99999', 'yes no no  no      no       no       yes   401'),
  touch('GET', '/config/verify', '      yes  no     no        no      no       no       yes   401'),
  touch('POST', '/config/reload', '     yes  no     no        no      no       no       yes   401'),
  touch('POST', '/config/revert', '     yes  no     no        no      no       no       yes   401', { version: '99999' }),
  touch('POST', '/config/accept', '     yes  no     no        no      no       no       yes   401'),
  touch('GET', '/openapi.json', '       yes  yes    yes       yes     yes      no       yes   401'),
  { method: 'GET', path: '/metrics', body: null, answers: 'yes no no no no no yes 401' },
];

export const reachAnswersOf = (one: ReachRow): readonly (AdminAnswer | '401')[] =>
  one.answers.trim().split(/\s+/) as (AdminAnswer | '401')[];
