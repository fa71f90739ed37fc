import type { ArgumentRule } from '../../base/argument-rules.ts';
import type { Grant } from '../../contracts/decision.ts';
import type { JsonObject, JsonValue } from '../../contracts/json.ts';
import { isRecord } from '../read-block.ts';
import { CONTENT_FORMAT, serversOwned } from './content.ts';
import type { Version } from './version.ts';

/** A server that storage held in a version, as `POST /api/v1/servers` takes it; null where it needs values that no version holds. */
export interface RestorableServer {
  readonly id: string;
  readonly input: JsonObject | null;
  /** What the version says of how it is reached. */
  readonly transport: JsonValue;
}

export interface RestorableState {
  readonly servers: readonly RestorableServer[];
  readonly grants: readonly Pick<Grant, 'principal' | 'tool' | 'rules'>[];
  readonly policies: readonly { readonly id: string; readonly text: string }[];
}

export interface RestorableFile {
  readonly name: string;
  readonly text: string;
  /** The files that it named and that decide, by their path from its folder. */
  readonly beside: Readonly<Record<string, string>>;
}

/** The file of a version, or null where there was none. */
export function fileOf({ content }: Version): RestorableFile | null {
  const { file } = content as { readonly file?: JsonValue };
  if (!isRecord(file)) return null;
  return { name: String(file['name']), text: String(file['text']), beside: textsIn(file['beside']) };
}

const textsIn = (texts: unknown): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(isRecord(texts) ? texts : {}).map(([name, text]) => [name, String(text)]));

/** False: a release kept it that did not keep everything, so it cannot be had again as it was. */
export const isWhole = ({ content }: Version): boolean => content['format'] === CONTENT_FORMAT;

/** What was stored in a version, in the form that it can be stored from again. Servers that its file named are the file's. */
export function storedIn(version: Version): RestorableState {
  const { stored } = version.content as {
    readonly stored?: { readonly servers?: JsonObject; readonly grants?: JsonObject; readonly policies?: JsonObject };
  };
  const owned = new Set(serversOwned(version));
  const servers = Object.entries(stored?.servers ?? {}).filter(([id]) => !owned.has(id));
  return {
    servers: servers.map(([id, server]) => ({
      id,
      input: inputOf(id, server as JsonObject),
      transport: (server as JsonObject)['transport'] ?? null,
    })),
    grants: Object.entries(stored?.grants ?? {}).map(([name, rules]) => {
      const space = name.indexOf(' ');
      const named = { principal: name.slice(0, space), tool: name.slice(space + 1) };
      return rules === true ? named : { ...named, rules: rules as unknown as readonly ArgumentRule[] };
    }),
    policies: Object.entries(textsIn(stored?.policies)).map(([id, text]) => ({ id, text })),
  };
}

function inputOf(id: string, { title, transport, sharing, enabled, resources, effects, limits, labels }: JsonObject): JsonObject | null {
  if (JSON.stringify(transport).includes('"keyed:') || JSON.stringify(transport).includes('?keyed:')) return null;
  return {
    id,
    title,
    sharing,
    enabled,
    resources,
    limits: limits ?? null,
    labels: labels ?? null,
    ...effectsIn(effects as JsonObject),
    transport: transportIn(transport as JsonObject),
  } as JsonObject;
}

/** `{"tool echo": "read"}` as `effects`, `prompts` and `templates`. */
export function effectsIn(effects: JsonObject): JsonObject {
  const of = (kind: string): JsonObject =>
    Object.fromEntries(
      Object.entries(effects).flatMap(([name, effect]) => (name.startsWith(`${kind} `) ? [[name.slice(kind.length + 1), effect]] : [])),
    );
  return { effects: of('tool'), prompts: of('prompt'), templates: of('template') };
}

function transportIn({ kind, command, args, env, url, headers, local }: JsonObject): JsonObject {
  if (kind === 'stdio') return { kind, launch: { command, args, env } } as JsonObject;
  if (!isRecord(local)) return { kind, url, headers } as JsonObject;
  const { tokenEnv, path, ...launch } = local as JsonObject;
  return { kind, headers, local: { launch, tokenEnv, path } } as JsonObject;
}
