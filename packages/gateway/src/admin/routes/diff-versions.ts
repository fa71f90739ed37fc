import { success } from '../../base/result.ts';
import { difference, diffQuery } from '../contract/config.ts';
import { get } from '../verb.ts';
import { changeViews, versionView } from './version-view.ts';

export const diffVersions = get({
  name: 'config.diff',
  summary: 'What differs between two configurations, key by key.',
  path: '/api/v1/config/diff',
  params: {},
  body: null,
  query: diffQuery,
  gives: { status: 200, body: difference },
  action: 'config.versions.compared',
  run: async ({ query, principal, doors }) => {
    const from = await doors.versions.find(principal.tenant, query.from);
    if (!from.ok) return from;
    const to = await doors.versions.find(principal.tenant, query.to);
    if (!to.ok) return to;
    const changes = changeViews(doors.versions.differences(from.value, to.value));
    return success({ body: { from: versionView(from.value), to: versionView(to.value), changes } });
  },
});
