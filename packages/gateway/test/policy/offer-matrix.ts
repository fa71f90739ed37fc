import type { Role, Scope } from '../../src/contracts/principal.ts';

// Who may do what with prompts, templates and resources, written out for a reader: nothing here is computed from the product.
//
//   yes   is listed, and can be got, read, completed or subscribed to      --   is in no list, and answered as if it did not exist
//   not   the key may not use that method; where it could be used, nobody is told whether it is there

export const OFFERS = [
  'prompt read', // approved, effect read
  'prompt write', // approved, effect write
  'prompt unset', // approved, nobody set an effect
  'prompt pending', // new since the server was registered
  'prompt changed', // differs from what was approved
  'template read',
  'template unset',
  'template pending',
  'resource listed', // listed by a server whose resources are to be read
  'resource made', // not listed, made by the template that may be read
  'resource pending', // not listed, made by the template that waits
  'resource unset', // listed by a server for whose resources nobody set an effect
  'resource unknown', // there is none
] as const;

export type OfferName = (typeof OFFERS)[number];

export interface OfferRow {
  readonly caller: string;
  readonly roles: readonly Role[];
  readonly scopes: readonly Scope[];
  readonly methods: readonly string[] | null;
  /** One answer an object, in the order of OFFERS. */
  readonly answers: string;
}

const ALL: readonly Scope[] = [{ server: '*', tool: '*' }];
const any = { scopes: ALL, methods: null };
const NOTHING = '--   --    --    --   --       --   --    --       --     --   --    --    --';

export const OFFER_MATRIX: readonly OfferRow[] = [
  //                                                    prompts: read write unset pend chang  templates: read unset pend  resources: listed made pend unset unknown
  { ...any, caller: 'reader', roles: ['reader'], answers: 'yes  --    --    --   --       yes  --    --       yes    yes  --    --    --' },
  { ...any, caller: 'writer', roles: ['writer'], answers: 'yes  yes   --    --   --       yes  --    --       yes    yes  --    --    --' },
  { ...any, caller: 'approver', roles: ['approver'], answers: NOTHING },
  { ...any, caller: 'auditor', roles: ['auditor'], answers: NOTHING },
  { ...any, caller: 'admin', roles: ['admin'], answers: NOTHING },
  { ...any, caller: 'service', roles: ['service'], answers: NOTHING },
  { ...any, caller: 'service+writer', roles: ['service', 'writer'], answers: NOTHING },
  // A scope that names a tool covers neither a prompt of that name nor a resource.
  { ...any, caller: 'one tool', roles: ['writer'], scopes: [{ server: 'offers', tool: 'read' }], answers: NOTHING },
  { ...any, caller: 'other server', roles: ['writer'], scopes: [{ server: 'other', tool: '*' }], answers: NOTHING },
  {
    ...any,
    caller: 'key to get prompts',
    roles: ['reader'],
    methods: ['prompts/get', 'prompts/list', 'resources/list', 'resources/templates/list'],
    answers: 'yes  --    --    --   --       not  --    --       not    not  not   --    not',
  },
];

export const offerAnswersOf = (row: OfferRow): readonly string[] => row.answers.trim().split(/\s+/);
