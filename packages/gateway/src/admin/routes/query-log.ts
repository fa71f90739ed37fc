import { success } from '../../base/result.ts';
import { logQuery } from '../contract/record.ts';
import { get } from '../verb.ts';
import { recordView } from './record-view.ts';

/** One page of the log. That somebody looked, and for what, is recorded before the answer. */
export const queryLog = get({
  name: 'log.query',
  path: '/api/v1/log',
  params: {},
  body: null,
  query: logQuery,
  action: 'audit.log.queried',
  run: async ({ query, principal, doors }) => {
    const found = await doors.log.query(principal.tenant, query);
    if (!found.ok) return found;
    return success({ status: 200, body: { items: found.value.items.map(recordView), next: found.value.next } });
  },
});
