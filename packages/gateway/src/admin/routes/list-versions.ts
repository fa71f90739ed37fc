import { success } from '../../base/result.ts';
import { versionFacts, versionQuery } from '../contract/config.ts';
import { page } from '../contract/page.ts';
import { get } from '../verb.ts';

export const listVersions = get({
  name: 'config.history',
  summary: 'Configurations that were in force, newest first.',
  path: '/api/v1/config/versions',
  params: {},
  body: null,
  query: versionQuery,
  gives: { status: 200, body: page(versionFacts) },
  action: 'config.history.listed',
  run: async ({ query, principal, doors }) => {
    const found = await doors.versions.list(principal.tenant, { before: query.cursor, limit: query.limit });
    if (!found.ok) return found;
    const last = found.value.at(-1);
    const next = last === undefined || last.sequence === 1 ? null : String(last.sequence);
    return success({ body: { items: [...found.value], next } });
  },
});
