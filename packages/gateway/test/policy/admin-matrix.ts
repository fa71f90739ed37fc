// Every verb of the administration API by what a caller's roles hold, written out for a reader. `yes` is anything but 401 and 403: what is
// asked of names nothing that exists, so that nothing changes. A caller with several roles may do what one of them may.

export type AdminAnswer = 'yes' | 'no';

export interface AdminRow {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  /** In the order of ADMIN_ROLES. */
  readonly answers: string;
}

export const ADMIN_ROLES = ['admin', 'auditor', 'approver', 'reader', 'writer', 'service'] as const;

const REF = '01JB0000000000000000000000';
const row = (method: AdminRow['method'], path: string, answers: string): AdminRow => ({ method, path: `/api/v1${path}`, answers });

export const ADMIN: readonly AdminRow[] = [
  //                                            admin auditor approver reader writer service
  row('POST', '/keys', '                        yes   no      no       no     no     no'),
  row('GET', '/keys', '                         yes   yes     no       no     no     no'),
  row('POST', '/keys/key_none/revoke', '        yes   no      no       no     no     no'),
  row('POST', '/keys/key_none/rotate', '        yes   no      no       no     no     no'),
  row('POST', '/servers', '                     yes   no      no       no     no     no'),
  row('GET', '/servers', '                      yes   yes     no       no     no     no'),
  row('GET', '/servers/none', '                 yes   yes     no       no     no     no'),
  row('POST', '/servers/none/approve', '        yes   no      no       no     no     no'),
  row('POST', '/servers/none/refresh', '        yes   no      no       no     no     no'),
  row('DELETE', '/servers/none', '              yes   no      no       no     no     no'),
  row('POST', '/grants', '                      yes   no      no       no     no     no'),
  row('GET', '/grants', '                       yes   yes     no       no     no     no'),
  row('DELETE', '/grants/none', '               yes   no      no       no     no     no'),
  row('GET', '/log', '                          yes   yes     no       no     no     no'),
  row('GET', `/log/${REF}`, '                   yes   yes     no       no     no     no'),
  row('GET', '/log/follow?from=x', '            yes   yes     no       no     no     no'),
  row('GET', '/log/verify', '                   yes   yes     no       no     no     no'),
  row('GET', '/status', '                       yes   yes     no       no     no     no'),
];

export const answersOf = (one: AdminRow): readonly AdminAnswer[] => one.answers.trim().split(/\s+/) as AdminAnswer[];
