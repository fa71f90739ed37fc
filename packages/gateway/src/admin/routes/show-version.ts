import { success } from '../../base/result.ts';
import { version, versionName } from '../contract/config.ts';
import { get } from '../verb.ts';
import { changeViews, jsonView, versionView } from './version-view.ts';

export const showVersion = get({
  name: 'config.show',
  summary: 'One configuration with what it changed. It holds no secrets: references and keyed digests stand in their place.',
  path: '/api/v1/config/versions/:version',
  params: { version: versionName },
  body: null,
  query: null,
  gives: { status: 200, body: version },
  action: 'config.version.shown',
  run: async ({ params, principal, doors }) => {
    const found = await doors.versions.find(principal.tenant, params['version'] ?? '');
    if (!found.ok) return found;
    const { content, changes } = found.value;
    return success({ body: { ...versionView(found.value), content: jsonView(content), changes: changeViews(changes) } });
  },
});
