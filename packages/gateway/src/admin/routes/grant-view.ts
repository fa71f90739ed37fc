import type { StoredGrant } from '../../policy/index.ts';
import type { Grant } from '../contract/grant.ts';
import { ruleView } from './rule-view.ts';

export const grantView = ({ id, principal, tool, rules, by, created, lastUsed }: StoredGrant): Grant => ({
  id,
  principal,
  tool,
  rules: rules === undefined ? null : rules.map(ruleView),
  by,
  createdAt: created,
  lastUsedAt: lastUsed,
});
