import { success } from '../../base/result.ts';
import { exchangeRef } from '../contract/record.ts';
import { get } from '../verb.ts';
import { recordView } from './record-view.ts';

/** Everything that was recorded about one exchange, payloads opened. */
export const showRecord = get({
  name: 'log.show',
  path: '/api/v1/log/:id',
  params: { id: exchangeRef },
  body: null,
  query: null,
  action: 'audit.record.shown',
  run: async ({ params, principal, doors }) => {
    const records = await doors.log.show(principal.tenant, params['id'] ?? '');
    return records.ok ? success({ status: 200, body: { items: records.value.map(recordView), next: null } }) : records;
  },
});
