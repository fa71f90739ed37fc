import { failure, type Result, success } from '../base/result.ts';
import type { Principal, Scope } from '../contracts/principal.ts';
import type { Reason } from '../contracts/reasons/index.ts';
import { isScopeWithin } from '../identity/index.ts';
import type { VerbName } from './access.ts';
import type { NewGrant } from './contract/grant.ts';
import type { Approval } from './contract/tool.ts';
import type { AdminDoors } from './doors.ts';
import type { Input } from './request.ts';

/**
 * What of the gateway a verb touches, and so what a key's scopes must cover (R2-010), beside the roles of access.ts.
 * - `everything`: every server and every tool.
 * - `server`: the server that the path names, with all of its tools.
 * - `tool`: one tool of the server that the path names.
 * - `granted`: the tool that the new grant names.
 * - `grant`: the tool of the grant that the path names.
 * - `nothing`: what every copy of this program tells, such as the description of its API.
 *
 * Keys, the log and lists tell of all servers. Registering starts a program as the gateway's user, who can read all that the gateway holds:
 * whoever may do that reaches everything, whatever the new server is called. A route without a row here does not compile.
 */
export const REACH = {
  'keys.create': 'everything',
  'keys.list': 'everything',
  'keys.revoke': 'everything',
  'keys.rotate': 'everything',
  'servers.register': 'everything',
  'servers.probe': 'everything',
  'servers.list': 'everything',
  'servers.show': 'server',
  'servers.approve': 'tool',
  'servers.refresh': 'server',
  'servers.limit': 'server',
  'servers.label': 'server',
  'servers.remove': 'server',
  'grants.add': 'granted',
  'grants.list': 'everything',
  'grants.report': 'everything',
  'grants.remove': 'grant',
  'policies.add': 'everything',
  'policies.list': 'everything',
  'policies.show': 'everything',
  'policies.explain': 'everything',
  'policies.replay': 'everything',
  'policies.remove': 'everything',
  'log.query': 'everything',
  'log.show': 'everything',
  'log.follow': 'everything',
  'log.verify': 'everything',
  'log.digest': 'everything',
  'config.history': 'everything',
  'config.show': 'everything',
  'config.diff': 'everything',
  'config.verify': 'everything',
  'config.reload': 'everything',
  'config.revert': 'everything',
  'config.accept': 'everything',
  'status.show': 'everything',
  'contract.show': 'nothing',
  'metrics.show': 'everything',
  'tenants.create': 'everything',
  'tenants.list': 'everything',
  'tenants.key': 'everything',
  'tenants.register': 'everything',
} as const satisfies Readonly<Record<VerbName, string>>;

type Touched = Exclude<(typeof REACH)[VerbName], 'nothing'>;

export interface Asked {
  readonly verb: VerbName;
  readonly principal: Principal;
  /** Validated. */
  readonly input: Input;
  readonly doors: Pick<AdminDoors, 'grants'>;
}

type Wanted = Result<Scope, Reason>;

const EVERYTHING: Scope = { server: '*', tool: '*' };

const WANTED: Readonly<Record<Touched, (asked: Asked) => Wanted | Promise<Wanted>>> = {
  everything: () => success(EVERYTHING),
  server: ({ input }) => success(within(input, '*')),
  tool: ({ input }) => success(within(input, approved(input.body as Approval))),
  granted: ({ input }) => success(ofGranted(input.body as NewGrant)),
  grant: ofGrant,
};

/** Null where the key's scopes cover what the verb touches. Answers alike for what is there and what is not. */
export async function refuseReach(asked: Asked): Promise<{ readonly reason: Reason; readonly detail?: string } | null> {
  const { scopes } = asked.principal;
  if (isScopeWithin(EVERYTHING, scopes)) return null;
  const touched = REACH[asked.verb];
  if (touched === 'nothing') return null;
  const wanted = await WANTED[touched](asked);
  if (!wanted.ok) return wanted;
  if (isScopeWithin(wanted.value, scopes)) return null;
  // What a grant names is not told to whoever may not see it.
  const needed = touched === 'grant' ? 'the tool that the grant names' : `${wanted.value.server}/${wanted.value.tool}`;
  return failure('admin.scope_too_narrow', needed);
}

// Scopes name tools: whoever decides over prompts and templates has the whole server.
const approved = ({ kind, tool }: Approval): string => (kind === 'tool' ? tool : '*');

const within = ({ params }: Input, tool: string): Scope => {
  const server = params['id'];
  return server === undefined ? EVERYTHING : { server, tool };
};

/** `server__tool`, split at the first `__` (DESIGN section 5, "Names across servers"). */
function ofQualified(name: string): Scope {
  const split = name.indexOf('__');
  return split === -1 ? EVERYTHING : { server: name.slice(0, split), tool: name.slice(split + 2) };
}

async function ofGrant({ principal, input, doors }: Asked): Promise<Wanted> {
  const grants = await doors.grants.list(principal.tenant);
  if (!grants.ok) return grants;
  const grant = grants.value.find(({ id }) => id === input.params['id']);
  return success(grant === undefined ? EVERYTHING : ofGranted(grant));
}

// A key for a part of a tool's data gives no more than that part.
const ofGranted = ({ tool, rules }: { readonly tool: string; readonly rules?: Scope['rules'] | undefined }): Scope => ({
  ...ofQualified(tool),
  ...(rules === undefined ? {} : { rules }),
});
