import { success } from '../../base/result.ts';
import { unusedGrant, unusedQuery } from '../contract/grant.ts';
import { page } from '../contract/page.ts';
import { get } from '../verb.ts';
import { grantView } from './grant-view.ts';

export const reportGrants = get({
  name: 'grants.report',
  summary: 'Lists grants that nobody used for some days: what could be taken away.',
  path: '/api/v1/reports/grants',
  params: {},
  body: null,
  query: unusedQuery,
  gives: { status: 200, body: page(unusedGrant) },
  action: 'policy.grants.reported',
  run: async ({ query, principal, doors }) => {
    const report = await doors.grants.report(principal.tenant, query.days);
    if (!report.ok) return report;
    const items = report.value.map((grant) => ({ ...grantView(grant), unusedDays: grant.unusedDays }));
    return success({ body: { items, next: null } });
  },
});
