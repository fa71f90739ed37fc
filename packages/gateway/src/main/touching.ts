import type { TenantId } from '../base/ids.ts';
import { type Failure, failure } from '../base/result.ts';
import { grantName, type Versions } from '../config/index.ts';
import { type Grants, loadPolicies, type Policies } from '../policy/index.ts';
import type { Registry } from '../registry/index.ts';

/** Notes what a verb is about to change before it does: any other difference from the newest version was made behind our back (R2-060). */
export function touchingRegistry(registry: Registry, versions: Versions): Registry {
  const noting = noter(versions);
  const server = (id: unknown): string => `servers.${String(id)}`;
  const idOf = (input: unknown): unknown => (typeof input === 'object' && input !== null ? (input as { readonly id?: unknown }).id : '');
  return {
    ...registry,
    register: (tenant, input) => noting(tenant, server(idOf(input)), () => registry.register(tenant, input)),
    approve: (tenant, approval) => noting(tenant, server(approval.server), () => registry.approve(tenant, approval)),
    refresh: (tenant, id, live) => noting(tenant, server(id), () => registry.refresh(tenant, id, live)),
    remove: (tenant, id) => noting(tenant, server(id), () => registry.remove(tenant, id)),
    limit: (tenant, id, limits) => noting(tenant, server(id), () => registry.limit(tenant, id, limits)),
    label: (tenant, id, labels) => noting(tenant, server(id), () => registry.label(tenant, id, labels)),
    setEnabled: (tenant, id, enabled) => noting(tenant, server(id), () => registry.setEnabled(tenant, id, enabled)),
  };
}

export function touchingGrants(grants: Grants, versions: Versions): Grants {
  const noting = noter(versions);
  return {
    ...grants,
    add: (request) => noting(request.tenant, `grants.${grantName(request.principal, request.tool)}`, () => grants.add(request)),
    remove: async (tenant, id) => {
      const all = await grants.list(tenant);
      const found = all.ok ? all.value.find((grant) => grant.id === id) : undefined;
      if (found === undefined) return grants.remove(tenant, id);
      return noting(tenant, `grants.${grantName(found.principal, found.tool)}`, () => grants.remove(tenant, id));
    },
  };
}

export function touchingPolicies(policies: Policies, versions: Versions): Policies {
  const noting = noter(versions);
  const all = (tenant: TenantId, ids: readonly string[], work: () => ReturnType<Policies['add']>): ReturnType<Policies['add']> =>
    ids.reduceRight<() => ReturnType<Policies['add']>>((inner, id) => () => noting(tenant, `policies.${id}`, inner), work)();
  return {
    ...policies,
    add: (request, owned) => {
      const ids = loadPolicies([{ file: null, text: request.text }], []).policies.map(({ id }) => id);
      return all(request.tenant, ids, () => policies.add(request, owned));
    },
    remove: (tenant, id) => noting(tenant, `policies.${id}`, () => policies.remove(tenant, id)),
  };
}

const noter =
  (versions: Versions) =>
  async <T>(tenant: TenantId, name: string, work: () => Promise<T>): Promise<T | Failure<'storage.unavailable'>> => {
    const noted = await versions.touch(tenant, name);
    if (!noted.ok) return failure('storage.unavailable', noted.detail ?? noted.reason);
    try {
      return await work();
    } finally {
      versions.ended(noted.value);
    }
  };
