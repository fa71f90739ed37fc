import { success } from '../../base/result.ts';
import { inForce, reverting } from '../contract/config.ts';
import { post } from '../verb.ts';
import { changeViews, versionView } from './version-view.ts';

export const revertConfig = post({
  name: 'config.revert',
  summary: 'Puts an earlier configuration in force again, file and storage, and writes the file back.',
  path: '/api/v1/config/revert',
  params: {},
  body: reverting,
  query: null,
  gives: { status: 200, body: inForce },
  action: 'config.reverted',
  run: async ({ body, principal, doors }) => {
    const before = await doors.versions.newest(principal.tenant);
    if (!before.ok) return before;
    const now = await doors.configuring.revert(body.version, principal.id);
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
