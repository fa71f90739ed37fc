import { failure, success } from '../../base/result.ts';
import { digestAnswer, digestRequest } from '../contract/record.ts';
import { post } from '../verb.ts';

/** What the log is searched by for a value that must not stand in it: a digest that only this gateway can make. That somebody asked is recorded. */
export const digestValue = post({
  name: 'log.digest',
  summary: 'The keyed digest of a value, by which `GET /api/v1/log` finds the calls that had it among their arguments.',
  path: '/api/v1/digests',
  params: {},
  body: digestRequest,
  query: null,
  gives: { status: 200, body: digestAnswer },
  action: 'audit.value.digested',
  unrecordedBody: true,
  run: async ({ body, principal, doors }) => {
    const digest = doors.audit.valueDigest(principal.tenant, body.value);
    return digest === null
      ? failure('admin.request_invalid', 'the value has no canonical form')
      : success({ body: { digest }, changed: { before: null, after: { digest } } });
  },
});
