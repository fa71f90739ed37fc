import type { ServerId } from '../../base/ids.ts';
import type { JsonValue } from '../../contracts/json.ts';
import { qualifyName, qualifyUri } from '../../protocol/index.ts';
import type { ServerView, ToolView } from '../../registry/index.ts';
import type { Server, ServerDetail } from '../contract/server.ts';
import type { Tool } from '../contract/tool.ts';
import { bareUrl } from '../without-secrets.ts';

/** A server for lists: of environment and headers only the names, of a URL not its query. */
export function serverSummary({ registration, tools }: ServerView): Server {
  const { id, title, sharing, enabled, revisions } = registration;
  const count = (state: ToolView['state']): number => tools.filter((tool) => tool.state === state && !tool.gone).length;
  return {
    id,
    title,
    transport: transportView(registration.transport),
    sharing,
    enabled,
    revisions: { legacy: [...revisions.legacy], modern: [...revisions.modern] },
    toolCounts: { approved: count('approved'), pending: count('pending'), changed: count('changed'), quarantined: count('quarantined') },
  };
}

export const serverDetailView = (view: ServerView): ServerDetail => ({
  ...serverSummary(view),
  tools: view.tools.map((tool) => toolView(view.registration.id, tool)),
  prompts: view.prompts.map((prompt) => toolView(view.registration.id, prompt)),
  templates: view.templates.map((template) => toolView(view.registration.id, template)),
  resources: view.registration.resources,
  limits: limitsView(view.registration.limits),
  labels: labelsView(view.registration.labels),
});

const limitsView = (limits: ServerView['registration']['limits']): ServerDetail['limits'] =>
  limits === null ? null : { ...limits, tools: { ...limits.tools } };

const labelsView = (labels: ServerView['registration']['labels']): ServerDetail['labels'] =>
  labels === null ? null : { ...labels, tools: { ...labels.tools }, prompts: { ...labels.prompts }, templates: { ...labels.templates } };

/** Labels as a record keeps them. */
export const labelFacts = ({ registration: { labels } }: ServerView): JsonValue => labels as unknown as JsonValue;

/** Limits as a record keeps them. */
export const limitFacts = ({ registration: { limits } }: ServerView): JsonValue => limits as unknown as JsonValue;

export const toolView = (server: ServerId, tool: ToolView): Tool => ({
  kind: tool.kind,
  name: tool.name,
  qualifiedName: tool.kind === 'template' ? qualifyUri(server, tool.name) : qualifyName(server, tool.name),
  effect: tool.effect,
  effectSet: tool.effectSet,
  proposedEffect: tool.proposedEffect,
  state: tool.state,
  gone: tool.gone,
  needs: [...tool.needs],
  digest: tool.digest,
  problem: tool.problem?.reason ?? null,
  definition: tool.definition as JsonValue as Tool['definition'],
  offered:
    tool.offered === null
      ? null
      : {
          digest: tool.offered.digest,
          definition: tool.offered.definition as JsonValue as Tool['definition'],
          problem: tool.offered.problem?.reason ?? null,
        },
});

/** What a record keeps of a tool: its state, not its text, which the digest commits to. */
export const toolFacts = ({ name, state, effect, effectSet, digest, offered }: ToolView): JsonValue => ({
  name,
  state,
  effect,
  effectSet,
  digest,
  offered: offered?.digest ?? null,
});

function transportView(transport: ServerView['registration']['transport']): Server['transport'] {
  if (transport.kind === 'stdio') {
    const { command, args, env } = transport.launch;
    return { kind: 'stdio', command, args: [...args], env: Object.keys(env) };
  }
  const url = transport.url === null ? null : bareUrl(transport.url);
  return { kind: 'streamable-http', url, headers: Object.keys(transport.headers), local: transport.local?.launch.command ?? null };
}
