import type { StoredGrant } from '../../policy/index.ts';
import type { Grant } from '../contract/grant.ts';

export const grantView = ({ id, principal, tool, by, created, lastUsed }: StoredGrant): Grant => ({
  id,
  principal,
  tool,
  by,
  createdAt: created,
  lastUsedAt: lastUsed,
});
