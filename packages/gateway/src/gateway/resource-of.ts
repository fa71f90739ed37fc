import type { Registration } from '../contracts/registration.ts';
import type { Snapshot } from '../contracts/snapshot.ts';
import type { Resource, ResourceTemplate } from '../contracts/target.ts';
import { qualifyUri } from '../protocol/index.ts';

const templates = new WeakMap<Snapshot, ReadonlyMap<string, readonly ResourceTemplate[]>>();

/** A resource as policies see it: by its server, its URI and the first approved template that fits. */
export function resourceOf(snapshot: Snapshot, server: Registration, uri: string): Resource {
  const template = uri === '' ? undefined : approvedTemplates(snapshot, server).find((one) => one.matches(uri));
  return {
    kind: 'resource',
    server: server.id,
    name: uri,
    qualifiedName: qualifyUri(server.id, uri),
    effect: template?.effect ?? server.resources ?? 'destructive',
    template: template?.qualifiedName ?? null,
    digest: template?.digest ?? null,
  };
}

function approvedTemplates(snapshot: Snapshot, server: Registration): readonly ResourceTemplate[] {
  const known = templates.get(snapshot);
  if (known !== undefined) return known.get(server.id) ?? [];
  const approved = [...snapshot.templates.values()].filter(({ state, needs }) => state === 'approved' && needs.length === 0);
  templates.set(
    snapshot,
    Map.groupBy(approved, (template) => template.server as string),
  );
  return approvedTemplates(snapshot, server);
}
