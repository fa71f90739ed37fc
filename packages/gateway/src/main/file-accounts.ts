import { type Result, success } from '../base/result.ts';
import type { AccountPlan, Configuration } from '../config/index.ts';
import type { JsonObject } from '../contracts/json.ts';
import type { Reason } from '../contracts/reasons/index.ts';
import type { Account, AccountChange, ApiKey } from '../identity/index.ts';
import { recordSystem } from './record-system.ts';
import { type Rooms, TENANT } from './rooms.ts';

/** Accounts of the file, as the room of keys knows them. */
const accountsOf = ({ file }: Configuration): readonly Account[] => (file?.accounts ?? []).map(accountOf);

export const accountOf = ({ part: _part, tools: _tools, ...account }: AccountPlan): Account => account;

/** Keys that have to become what the file says, or end with their line: each recorded before anything is changed. */
export async function recordedAccounts(rooms: Rooms, next: Configuration): Promise<Result<readonly AccountChange[], Reason>> {
  const changes = await rooms.identity.accountChanges(TENANT, accountsOf(next));
  if (!changes.ok) return changes;
  for (const { key, next: then } of changes.value) {
    const action = then === null ? 'identity.account.ended' : 'identity.account.changed';
    const details = { account: key.account, before: shown(key), after: then === null ? null : shown(then) };
    const recorded = await recordSystem(rooms, action, key.id, details);
    if (!recorded.ok) return recorded;
  }
  return success(changes.value);
}

const shown = ({ roles, scopes, methods, cidrs, owner, purpose, accountEndsAt }: ApiKey): JsonObject => ({
  roles: [...roles],
  scopes: scopes.map(({ server, tool }) => `${server}/${tool}`),
  methods: methods === null ? null : [...methods],
  networks: cidrs === null ? null : [...cidrs],
  owner,
  purpose,
  until: accountEndsAt,
});
