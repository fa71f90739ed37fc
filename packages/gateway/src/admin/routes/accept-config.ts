import { success } from '../../base/result.ts';
import { inForce } from '../contract/config.ts';
import { post } from '../verb.ts';
import { changeViews, versionView } from './version-view.ts';

export const acceptConfig = post({
  name: 'config.accept',
  summary: 'Takes what is stored as it is, although it was changed past this gateway.',
  path: '/api/v1/config/accept',
  params: {},
  body: null,
  query: null,
  gives: { status: 200, body: inForce },
  action: 'config.accepted',
  run: async ({ principal, doors }) => {
    const before = await doors.versions.newest(principal.tenant);
    if (!before.ok) return before;
    const now = await doors.configuring.accept({ author: principal.id, cause: 'config.accepted' });
    if (!now.ok) return now;
    const after = versionView(now.value);
    const changes = before.value === null ? [] : changeViews(doors.versions.differences(before.value, now.value));
    const changed = {
      before: before.value === null ? null : versionView(before.value),
      after: { ...after, changed: changes.map(({ key }) => key).slice(0, 100) },
    };
    return success({ body: { version: after, changes }, object: String(after.sequence), changed });
  },
});
