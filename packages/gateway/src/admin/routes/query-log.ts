import type { Query } from '../../audit/index.ts';
import { success } from '../../base/result.ts';
import { page } from '../contract/page.ts';
import { type LogQuery, logQuery, storedRecord } from '../contract/record.ts';
import { get } from '../verb.ts';
import { recordViews } from './record-view.ts';

/** One page of the log, newest first. That somebody looked, and for what, is recorded before the answer. */
export const queryLog = get({
  name: 'log.query',
  summary: 'One page of the log, newest first.',
  path: '/api/v1/log',
  params: {},
  body: null,
  query: logQuery,
  gives: { status: 200, body: page(storedRecord) },
  action: 'audit.log.queried',
  run: async ({ query, principal, doors }) => {
    const found = await doors.audit.query(principal.tenant, searched(query));
    if (!found.ok) return found;
    const items = recordViews(doors.audit, found.value.records, query.payloads === 'true');
    if (!items.ok) return items;
    const next = found.value.next === null ? null : String(found.value.next);
    return success({ body: { items: items.value, next } });
  },
});

function searched({ payloads: _payloads, cursor, ...wanted }: LogQuery): Query {
  const given = Object.entries({ ...wanted, before: cursor }).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(given), limit: wanted.limit };
}
