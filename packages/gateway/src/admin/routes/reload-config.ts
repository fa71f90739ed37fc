import { success } from '../../base/result.ts';
import { inForce } from '../contract/config.ts';
import { post } from '../verb.ts';
import { changeViews, versionView } from './version-view.ts';

export const reloadConfig = post({
  name: 'config.reload',
  summary: 'Reads the configuration file again and puts it in force as a whole, or not at all.',
  path: '/api/v1/config/reload',
  params: {},
  body: null,
  query: null,
  gives: { status: 200, body: inForce },
  action: 'config.reloaded',
  run: async ({ principal, doors }) => {
    const before = await doors.versions.newest(principal.tenant);
    if (!before.ok) return before;
    const now = await doors.configuring.reload({ author: principal.id, cause: 'config.reloaded' });
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
