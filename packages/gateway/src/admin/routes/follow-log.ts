import type { AuditRoom, StoredRecord } from '../../audit/index.ts';
import type { TenantId } from '../../base/ids.ts';
import { success } from '../../base/result.ts';
import type { JsonObject } from '../../contracts/json.ts';
import { followQuery, storedRecord } from '../contract/record.ts';
import { get } from '../verb.ts';
import { recordView } from './record-view.ts';

/** The log as it grows: one JSON object a line (application/x-ndjson), an empty line as a heartbeat. */
export const followLog = get({
  name: 'log.follow',
  summary: 'The log as it grows: one JSON object a line, an empty line as a heartbeat.',
  path: '/api/v1/log/follow',
  params: {},
  body: null,
  query: followQuery,
  gives: { status: 200, lines: storedRecord },
  action: 'audit.log.followed',
  run: async ({ query, principal, doors: { audit } }) => {
    const from = query.from ?? (await end(audit, principal.tenant));
    const stream = async (signal: AbortSignal, emit: (item: JsonObject) => Promise<void>): Promise<void> => {
      const onRecord = async (stored: StoredRecord): Promise<void> => {
        const view = recordView(audit, stored, query.payloads === 'true');
        // The line stays in its place: what follows it is not hidden by one payload that cannot be opened.
        await emit(
          view.ok
            ? (view.value as unknown as JsonObject)
            : {
                index: stored.index,
                leaf: stored.leaf,
                record: stored.record as unknown as JsonObject,
                payload: null,
                problem: view.reason,
              },
        );
      };
      await audit.follow(principal.tenant, { from, onRecord, signal });
    };
    return success({ stream });
  },
});

/** The index that the next record will have. */
async function end(audit: AuditRoom, tenant: TenantId): Promise<number> {
  const newest = await audit.query(tenant, { limit: 1 });
  return newest.ok ? (newest.value.records[0]?.index ?? -1) + 1 : 0;
}
