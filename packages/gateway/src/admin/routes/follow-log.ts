import { success } from '../../base/result.ts';
import { followQuery } from '../contract/record.ts';
import { get } from '../verb.ts';
import { recordView } from './record-view.ts';

/** The log as it grows: one JSON object a line (application/x-ndjson), an empty line as a heartbeat. */
export const followLog = get({
  name: 'log.follow',
  path: '/api/v1/log/follow',
  params: {},
  body: null,
  query: followQuery,
  action: 'audit.log.followed',
  run: async ({ query, principal, doors }) =>
    success({
      stream: async function* (signal: AbortSignal) {
        const following = { from: query.from ?? null, payloads: query.payloads === 'true', signal };
        for await (const record of doors.log.follow(principal.tenant, following)) yield recordView(record);
      },
    }),
});
