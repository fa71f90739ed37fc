import type { ListedKey } from '../../identity/index.ts';
import type { Key } from '../contract/key.ts';
import { ruleView } from './rule-view.ts';

export const keyView = (key: ListedKey): Key => ({
  id: key.id,
  name: key.name,
  principal: key.principal,
  roles: [...key.roles],
  scopes: key.scopes.map(({ server, tool, rules }) => ({ server, tool, ...(rules === undefined ? {} : { rules: rules.map(ruleView) }) })),
  methods: key.methods === null ? null : [...key.methods],
  networks: key.cidrs === null ? null : [...key.cidrs],
  owner: key.owner,
  purpose: key.purpose,
  createdAt: key.createdAt,
  createdBy: key.createdBy,
  expiresAt: key.endsAt,
  lastUsedAt: key.lastUsedAt,
  state: key.state,
  replacedBy: key.replacedBy,
  account: key.account,
  disclosedAt: key.disclosedAt,
});
