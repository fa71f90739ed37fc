import type { PrincipalId } from '../../base/ids.ts';
import { success } from '../../base/result.ts';
import { grant, newGrant } from '../contract/grant.ts';
import { post } from '../verb.ts';
import { grantView } from './grant-view.ts';

/** Gives one principal one tool by name: the only way to a destructive one. */
export const addGrant = post({
  name: 'grants.add',
  summary: 'Gives one principal one tool by name: the only way to a destructive one.',
  path: '/api/v1/grants',
  params: {},
  body: newGrant,
  query: null,
  gives: { status: 201, body: grant },
  action: 'policy.grant.added',
  run: async ({ body, principal, doors }) => {
    const rules = body.rules === undefined ? {} : { rules: body.rules };
    const request = { tenant: principal.tenant, principal: body.principal as PrincipalId, tool: body.tool, ...rules, by: principal.id };
    const added = await doors.grants.add(request);
    if (!added.ok) return added;
    const applied = await doors.apply();
    if (!applied.ok) {
      const removed = await doors.grants.remove(principal.tenant, added.value.id);
      return removed.ok ? applied : removed;
    }
    const after = grantView(added.value);
    return success({ body: after, object: after.id, changed: { before: null, after } });
  },
});
