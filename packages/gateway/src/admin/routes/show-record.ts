import { failure, success } from '../../base/result.ts';
import { page } from '../contract/page.ts';
import { exchangeRef, storedRecord } from '../contract/record.ts';
import { get } from '../verb.ts';
import { recordViews } from './record-view.ts';

/** An exchange has two records, and one more for each message of the server within it. */
const MOST_RECORDS = 500;

/** Everything that was recorded about one exchange, payloads opened, oldest first. */
export const showRecord = get({
  name: 'log.show',
  summary: 'Everything that was recorded about one exchange, payloads opened, oldest first.',
  path: '/api/v1/log/:id',
  params: { id: exchangeRef },
  body: null,
  query: null,
  gives: { status: 200, body: page(storedRecord) },
  action: 'audit.record.shown',
  run: async ({ params, principal, doors }) => {
    const found = await doors.audit.query(principal.tenant, { id: params['id'] ?? '', limit: MOST_RECORDS });
    if (!found.ok) return found;
    if (found.value.records.length === 0) return failure('audit.record_unknown');
    const items = recordViews(doors.audit, found.value.records.toReversed(), true);
    return items.ok ? success({ body: { items: items.value, next: null } }) : items;
  },
});
