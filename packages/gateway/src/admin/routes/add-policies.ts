import { failure, success } from '../../base/result.ts';
import { newPolicies, policies } from '../contract/policy.ts';
import { post } from '../verb.ts';
import { policyViews } from './policy-views.ts';

/** Validated whole before anything is stored. What then cannot be put in force is taken out again: no change is half there. */
export const addPolicies = post({
  name: 'policies.add',
  summary: 'Adds Cedar policies, or replaces them: all of a text, or none.',
  path: '/api/v1/policies',
  params: {},
  body: newPolicies,
  query: null,
  gives: { status: 201, body: policies },
  action: 'policy.policies.added',
  run: async ({ body, principal, doors }) => {
    const { tenant, id: by } = principal;
    const files = new Set(doors.current(tenant).policy.own.flatMap(({ id, place }) => (place.file === null ? [] : [id])));
    const changed = await doors.policies.add({ tenant, by, ...body }, files);
    if (!changed.ok) return changed;
    const { added, replaced } = changed.value;
    const applied = await doors.apply();
    if (!applied.ok) {
      const restored = await doors.policies.restore(tenant, added, replaced);
      if (!restored.ok || applied.reason === 'policy.tests_failed') return applied;
      return failure('policy.invalid', applied.detail ?? applied.reason);
    }
    const views = await policyViews(doors, tenant);
    if (!views.ok) return views;
    const ids = new Set(added.map(({ id }) => id));
    const items = views.value.filter(({ id }) => ids.has(id));
    const texts = (all: readonly { readonly id: string; readonly text: string }[]) => all.map(({ id, text }) => ({ id, text }));
    return success({
      body: { items },
      object: added
        .map(({ id }) => id)
        .join(' ')
        .slice(0, 64),
      changed: { before: texts(replaced), after: texts(added) },
    });
  },
});
