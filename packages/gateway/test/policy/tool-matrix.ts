import type { Grant } from '../../src/contracts/decision.ts';
import type { Role, Scope } from '../../src/contracts/principal.ts';
import type { Effect, PinState } from '../../src/contracts/target.ts';

// Who may do what on which tool, written out for a reader: nothing here is computed from the product.
//
//   DC  may discover and call      D-  may discover, not call      --  is answered as if it did not exist

export type Answer = 'DC' | 'D-' | '--';

/** The objects, in the order of the columns. All stand on server `files` but `elsewhere`, which is on `mail`. */
export const OBJECTS = [
  'read', // approved, effect read
  'write', // approved, effect write
  'destructive', // approved, effect destructive, granted to nobody
  'unset', // approved, nobody set an effect; the server claims readOnlyHint
  'own', // approved, destructive, granted to this caller by name
  'own-write', // approved, write, granted to this caller by name
  'others', // approved, destructive, granted to another principal
  'elsewhere', // approved, read, on another server
  'pending', // new since the server was registered; effect read
  'changed', // differs from what was approved; effect read
  'quarantined', // its schema cannot be used; effect read
  'switched-off', // effect read, on a server that is switched off
  'own-hidden', // granted to this caller by name, and pending
  'unknown', // there is no such tool; the caller even has a grant for its name
] as const;

export type ObjectName = (typeof OBJECTS)[number];

export interface MatrixRow {
  readonly caller: string;
  readonly roles: readonly Role[];
  readonly scopes: readonly Scope[];
  readonly methods: readonly string[] | null;
  readonly tenant: string;
  /** One answer an object, in the order of OBJECTS. */
  readonly answers: string;
}

const ALL: readonly Scope[] = [{ server: '*', tool: '*' }];
const any = { scopes: ALL, methods: null, tenant: 'default' };

export const MATRIX: readonly MatrixRow[] = [
  //                                                                              read  write destr unset own ownwr others elsew pend chang quar  off  ownhid unkn
  {
    ...any,
    caller: 'nobody',
    roles: [],
    answers: '                                --    --    --    --    DC    DC    --    --    --    --    --    --    --    --',
  },
  {
    ...any,
    caller: 'reader',
    roles: ['reader'],
    answers: '                        DC    --    --    --    DC    DC    --    DC    --    --    --    --    --    --',
  },
  {
    ...any,
    caller: 'writer',
    roles: ['writer'],
    answers: '                        DC    DC    --    --    DC    DC    --    DC    --    --    --    --    --    --',
  },
  {
    ...any,
    caller: 'approver',
    roles: ['approver'],
    answers: '                    --    --    --    --    DC    DC    --    --    --    --    --    --    --    --',
  },
  {
    ...any,
    caller: 'auditor',
    roles: ['auditor'],
    answers: '                      --    --    --    --    DC    DC    --    --    --    --    --    --    --    --',
  },
  {
    ...any,
    caller: 'admin',
    roles: ['admin'],
    answers: '                          --    --    --    --    DC    DC    --    --    --    --    --    --    --    --',
  },
  {
    ...any,
    caller: 'service',
    roles: ['service'],
    answers: '                      --    --    --    --    DC    DC    --    --    --    --    --    --    --    --',
  },
  {
    ...any,
    caller: 'monitor',
    roles: ['monitor'],
    answers: '                      --    --    --    --    DC    DC    --    --    --    --    --    --    --    --',
  },
  {
    ...any,
    caller: 'admin+reader',
    roles: ['admin', 'reader'],
    answers: '         DC    --    --    --    DC    DC    --    DC    --    --    --    --    --    --',
  },
  {
    ...any,
    caller: 'admin+writer',
    roles: ['admin', 'writer'],
    answers: '         DC    DC    --    --    DC    DC    --    DC    --    --    --    --    --    --',
  },
  {
    ...any,
    caller: 'auditor+reader',
    roles: ['auditor', 'reader'],
    answers: '     DC    --    --    --    DC    DC    --    DC    --    --    --    --    --    --',
  },
  {
    ...any,
    caller: 'approver+writer',
    roles: ['approver', 'writer'],
    answers: '   DC    DC    --    --    DC    DC    --    DC    --    --    --    --    --    --',
  },
  {
    ...any,
    caller: 'reader+writer',
    roles: ['reader', 'writer'],
    answers: '       DC    DC    --    --    DC    DC    --    DC    --    --    --    --    --    --',
  },
  {
    ...any,
    caller: 'service+writer',
    roles: ['service', 'writer'],
    answers: '     --    --    --    --    DC    DC    --    --    --    --    --    --    --    --',
  },
  {
    ...any,
    caller: 'all but service',
    roles: ['reader', 'writer', 'approver', 'auditor', 'admin'],
    answers: 'DC DC   --    --    DC    DC    --    DC    --    --    --    --    --    --',
  },

  // Keys that reach less than their holder. A grant does not reach past the key that it is used with.
  {
    ...any,
    caller: 'writer, key for files',
    roles: ['writer'],
    scopes: [{ server: 'files', tool: '*' }],
    answers: 'DC DC --  --    DC    DC    --    --    --    --    --    --    --    --',
  },
  {
    ...any,
    caller: 'writer, key for files/read',
    roles: ['writer'],
    scopes: [{ server: 'files', tool: 'read' }],
    answers: 'DC -- -- -- --   --    --    --    --    --    --    --    --    --',
  },
  {
    ...any,
    caller: 'writer, key for files/own',
    roles: ['writer'],
    scopes: [{ server: 'files', tool: 'own' }],
    answers: '-- -- -- --  DC   --    --    --    --    --    --    --    --    --',
  },
  {
    ...any,
    caller: 'writer, key for any */read',
    roles: ['writer'],
    scopes: [{ server: '*', tool: 'read' }],
    answers: 'DC -- --  --  --   --    --    --    --    --    --    --    --    --',
  },
  {
    ...any,
    caller: 'writer, key for nothing',
    roles: ['writer'],
    scopes: [],
    answers: '       --    --    --    --    --    --    --    --    --    --    --    --    --    --',
  },
  {
    ...any,
    caller: 'service, key for mail',
    roles: ['service'],
    scopes: [{ server: 'mail', tool: '*' }],
    answers: '-- -- --  --    --    --    --    --    --    --    --    --    --    --',
  },
  {
    ...any,
    caller: 'writer, key to list',
    roles: ['writer'],
    methods: ['tools/list'],
    answers: 'D-  D-  --  --  D-    D-    --    D-    --    --    --    --    --    --',
  },
  {
    ...any,
    caller: 'writer, key to call',
    roles: ['writer'],
    methods: ['tools/call'],
    answers: 'DC  DC  --  --  DC    DC    --    DC    --    --    --    --    --    --',
  },
  {
    ...any,
    caller: 'writer, key to ping',
    roles: ['writer'],
    methods: ['ping'],
    answers: '      --    --    --    --    --    --    --    --    --    --    --    --    --    --',
  },
  {
    ...any,
    caller: 'writer, key for no method',
    roles: ['writer'],
    methods: [],
    answers: '       --    --    --    --    --    --    --    --    --    --    --    --    --    --',
  },

  // Another tenant's callers, with the same ids, roles and grants by name.
  {
    ...any,
    caller: 'writer of another tenant',
    roles: ['writer'],
    tenant: 'other',
    answers: '  --    --    --    --    --    --    --    --    --    --    --    --    --    --',
  },
  {
    ...any,
    caller: 'admin+writer of another tenant',
    roles: ['admin', 'writer'],
    tenant: 'other',
    answers: '-- -- --  --   --    --    --    --    --    --    --    --    --    --',
  },
];

export interface MatrixTool {
  readonly server: string;
  readonly name: string;
  /** Null: nobody set one. */
  readonly effect: Effect | null;
  readonly state: PinState;
}

/** What each object is. `unknown` is none. */
export const TOOLS: Readonly<Record<Exclude<ObjectName, 'unknown'>, MatrixTool>> = {
  read: { server: 'files', name: 'read', effect: 'read', state: 'approved' },
  write: { server: 'files', name: 'write', effect: 'write', state: 'approved' },
  destructive: { server: 'files', name: 'destructive', effect: 'destructive', state: 'approved' },
  unset: { server: 'files', name: 'unset', effect: null, state: 'approved' },
  own: { server: 'files', name: 'own', effect: 'destructive', state: 'approved' },
  'own-write': { server: 'files', name: 'own-write', effect: 'write', state: 'approved' },
  others: { server: 'files', name: 'others', effect: 'destructive', state: 'approved' },
  elsewhere: { server: 'mail', name: 'elsewhere', effect: 'read', state: 'approved' },
  pending: { server: 'files', name: 'pending', effect: 'read', state: 'pending' },
  changed: { server: 'files', name: 'changed', effect: 'read', state: 'changed' },
  quarantined: { server: 'files', name: 'quarantined', effect: 'read', state: 'quarantined' },
  'switched-off': { server: 'off', name: 'switched-off', effect: 'read', state: 'approved' },
  'own-hidden': { server: 'files', name: 'own-hidden', effect: 'read', state: 'pending' },
};

/** The servers, and whether each is switched on. */
export const SERVERS: Readonly<Record<string, boolean>> = { files: true, mail: true, off: false };

/** What callers of the table are granted by name, for the caller with this principal id. */
export function grantsOf(principal: string): readonly Grant[] {
  return ['files__own', 'files__own-write', 'files__own-hidden', 'files__unknown'].map((tool, index) => ({
    id: `own-${principal}-${index}`,
    principal,
    tool,
  }));
}

/** The grant that belongs to somebody else. */
export const OTHERS_GRANT: Grant = { id: 'others', principal: 'somebody-else', tool: 'files__others' };

export const answersOf = (row: MatrixRow): readonly string[] => row.answers.trim().split(/\s+/);
