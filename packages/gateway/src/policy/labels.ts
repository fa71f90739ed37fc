import type { PolicyResource } from '../contracts/decision.ts';
import type { ServerLabels } from '../contracts/registration.ts';
import type { PinKind } from '../contracts/target.ts';
import { byKindAndName, type PolicyDocument, type PolicyLabels } from './document.ts';

export type LabelsOfServers = ReadonlyMap<string, ServerLabels | null>;

const NONE: PolicyLabels = { dataClass: '', environment: '' };
const LISTS = { tool: 'tools', prompt: 'prompts', template: 'templates' } as const;

/** What a pin is labelled with, or a server as a whole: each label by itself, the nearest first. Nothing where there is none, so that what is not labelled stays as small as it was. */
export function labelsOf(
  servers: LabelsOfServers | undefined,
  server: string,
  pin: { readonly kind: PinKind; readonly name: string } | null,
): { readonly labels?: PolicyLabels } {
  const all = servers?.get(server) ?? null;
  if (all === null) return {};
  const own = pin === null || !Object.hasOwn(all[LISTS[pin.kind]], pin.name) ? undefined : all[LISTS[pin.kind]][pin.name];
  const labels = {
    dataClass: own?.dataClass ?? all.dataClass ?? '',
    environment: own?.environment ?? all.environment ?? '',
  };
  return labels.dataClass === '' && labels.environment === '' ? {} : { labels };
}

const known = new WeakMap<PolicyDocument, (resource: PolicyResource) => PolicyLabels>();

/** The labels that a document has for a target. They are no part of what is asked: whoever asks cannot say what something is labelled with. */
export function labelling(document: PolicyDocument): (resource: PolicyResource) => PolicyLabels {
  const held = known.get(document);
  if (held !== undefined) return held;
  const pins = byKindAndName(document, (pin) => pin.labels ?? NONE);
  const servers = new Map<string, PolicyLabels>(document.servers.map(({ server, labels }) => [server, labels ?? NONE]));
  const find = ({ kind, qualifiedName, server, template = null }: PolicyResource): PolicyLabels => {
    if (kind !== 'resource') return pins[kind].get(qualifiedName) ?? NONE;
    return (template === null ? servers.get(server) : pins.template.get(template)) ?? NONE;
  };
  known.set(document, find);
  return find;
}
