import type { JsonObject, JsonValue } from '../../contracts/json.ts';
import { isRecord } from '../read-block.ts';
import { serversOwned } from './content.ts';
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
  readonly grants: readonly { readonly principal: string; readonly tool: string }[];
}

/** The file of a version, or null where there was none. */
export function fileOf({ content }: Version): { readonly name: string; readonly text: string } | null {
  const { file } = content as { readonly file?: JsonValue };
  return isRecord(file) ? { name: String(file['name']), text: String(file['text']) } : null;
}

/** What was stored in a version, in the form that it can be stored from again. Servers that its file named are the file's. */
export function storedIn(version: Version): RestorableState {
  const { stored } = version.content as { readonly stored?: { readonly servers?: JsonObject; readonly grants?: JsonObject } };
  const owned = new Set(serversOwned(version));
  const servers = Object.entries(stored?.servers ?? {}).filter(([id]) => !owned.has(id));
  return {
    servers: servers.map(([id, server]) => ({
      id,
      input: inputOf(id, server as JsonObject),
      transport: (server as JsonObject)['transport'] ?? null,
    })),
    grants: Object.keys(stored?.grants ?? {}).map((name) => {
      const space = name.indexOf(' ');
      return { principal: name.slice(0, space), tool: name.slice(space + 1) };
    }),
  };
}

function inputOf(id: string, { title, transport, sharing, enabled, resources, effects }: JsonObject): JsonObject | null {
  if (JSON.stringify(transport).includes('"keyed:') || JSON.stringify(transport).includes('?keyed:')) return null;
  return {
    id,
    title,
    sharing,
    enabled,
    resources,
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
