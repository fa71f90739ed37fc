import type { SeededClient } from '../contracts/running.ts';
import type { Snapshot } from '../contracts/snapshot.ts';
import type { KeptKey } from '../identity/index.ts';
import type { Grants } from '../policy/index.ts';

type Granted = Extract<Awaited<ReturnType<Grants['list']>>, { readonly ok: true }>['value'];

/** Whose key the demo prints, and what was granted to it beyond its roles. */
export function seededClient(snapshot: Snapshot, granted: Granted, { name, roles, principal }: KeptKey['key']): SeededClient {
  const effects = new Map([...snapshot.tools.values()].map((tool) => [tool.qualifiedName as string, tool.effect] as const));
  const own = granted.filter((grant) => grant.principal === principal);
  return { name, roles: [...roles], grants: own.map(({ tool }) => ({ tool, effect: effects.get(tool) ?? null })) };
}
