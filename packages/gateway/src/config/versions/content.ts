import { sha256Hex } from '../../base/bytes.ts';
import { canonicalize } from '../../base/canonical.ts';
import type { Grant } from '../../contracts/decision.ts';
import type { JsonObject, JsonValue } from '../../contracts/json.ts';
import type { Registration, Transport } from '../../contracts/registration.ts';
import type { Effect, PinState } from '../../contracts/target.ts';
import type { Configuration } from '../configuration.ts';
import type { Version } from './version.ts';

/** A pin as a version knows it. */
interface PinFacts {
  readonly server: string;
  readonly name: string;
  readonly effect: Effect;
  readonly effectSet: boolean;
  readonly state: PinState;
  readonly digest: string;
}

/** What is kept in storage, as it was read: the part of a configuration that the file does not hold. */
export interface StoredState {
  readonly servers: readonly Registration[];
  readonly tools: readonly PinFacts[];
  readonly prompts: readonly PinFacts[];
  readonly templates: readonly PinFacts[];
  readonly grants: readonly GrantFacts[];
  /** The operator's own policies that came through the API. */
  readonly policies: readonly { readonly id: string; readonly text: string }[];
}

type GrantFacts = Pick<Grant, 'principal' | 'tool' | 'rules'>;

/** Raised when the same configuration would be written differently. 1 knew neither own policies nor the rules of grants. */
export const CONTENT_FORMAT = 2;

/**
 * The configuration in force as one JSON value: the file with its bytes, the settings that follow from it, and what is stored.
 * It holds no secret: of those that the API was given it has keyed digests, so that a change shows and the value does not.
 */
export function contentOf({ file, beside, settings }: Configuration, stored: StoredState, keyed: (text: string) => string): JsonObject {
  return {
    format: CONTENT_FORMAT,
    file: file === null ? null : { name: file.name, text: file.text, beside: { ...beside } },
    settings: settings as unknown as JsonValue,
    /** Ids of servers that the file names: with their lines they go. */
    owned: file === null ? [] : Object.keys(file.servers).sort(),
    stored: storedContent(stored, keyed),
  };
}

export function serversOwned({ content }: Version): readonly string[] {
  const { owned } = content as { readonly owned?: JsonValue };
  return Array.isArray(owned) ? owned.map(String) : [];
}

export function storedContent(stored: StoredState, keyed: (text: string) => string): JsonObject {
  const pins = [
    ...stored.tools.map((pin) => ['tool', pin] as const),
    ...stored.prompts.map((pin) => ['prompt', pin] as const),
    ...stored.templates.map((pin) => ['template', pin] as const),
  ];
  const servers = stored.servers.map((server) => {
    const own = pins.filter(([, pin]) => pin.server === server.id);
    return [server.id, serverContent(server, own, keyed)] as const;
  });
  return {
    servers: Object.fromEntries(servers),
    grants: Object.fromEntries(stored.grants.map((grant) => [grantName(grant.principal, grant.tool), rulesIn(grant)])),
    policies: Object.fromEntries(stored.policies.map(({ id, text }) => [id, text])),
  };
}

/** What a version of an older format would have held of the same state: what it did not know cannot have been changed behind its back. */
export function storedContentAs({ content }: Version, stored: StoredState, keyed: (text: string) => string): JsonObject {
  const whole = storedContent(stored, keyed);
  if (content['format'] !== 1) return whole;
  const { policies: _policies, ...known } = whole;
  return { ...known, grants: Object.fromEntries(Object.keys(whole['grants'] as JsonObject).map((name) => [name, true])) };
}

/** True: any arguments that the tool takes. A grant that lost its rules would give more than it did. */
const rulesIn = ({ rules }: GrantFacts): JsonValue =>
  rules === undefined
    ? true
    : rules.map((rule) =>
        'below' in rule ? { argument: rule.argument, below: rule.below } : { argument: rule.argument, oneOf: [...rule.oneOf] },
      );

/** The name of a grant in a version and in a note: what it gives to whom. */
export const grantName = (principal: string, tool: string): string => `${principal} ${tool}`;

function serverContent(
  { title, transport, sharing, enabled, resources, limits, labels }: Registration,
  pins: readonly (readonly [string, PinFacts])[],
  keyed: (text: string) => string,
): JsonObject {
  const effects = pins.flatMap(([kind, { name, effect, effectSet }]) => (effectSet ? [[`${kind} ${name}`, effect] as const] : []));
  const judged = pins.map(([kind, { name, state, digest }]) => [kind, name, state, digest]);
  const canonical = canonicalize(judged);
  return {
    title,
    transport: withoutValues(transport, keyed),
    sharing,
    enabled,
    resources,
    // Absent where there are none, as in versions that were written before there could be.
    ...(limits === null ? {} : { limits: limits as unknown as JsonValue }),
    ...(labels === null ? {} : { labels: labels as unknown as JsonValue }),
    effects: Object.fromEntries(effects),
    // Every definition with its state, as one digest: a version says that it changed, the journal what.
    pins: sha256Hex(canonical.ok ? canonical.value : JSON.stringify(judged)),
  };
}

function withoutValues(transport: Transport, keyed: (text: string) => string): JsonObject {
  const hide = (values: Readonly<Record<string, string>>): JsonObject =>
    Object.fromEntries(
      Object.entries(values).map(([name, value]) => [
        name,
        /^((Bearer|Basic|Token) )?(env|file):/.test(value) ? value : `keyed:${keyed(value).slice(0, 32)}`,
      ]),
    );
  if (transport.kind === 'stdio') {
    const { command, args, env } = transport.launch;
    return { kind: 'stdio', command, args: [...args], env: hide(env) };
  }
  const { url, headers, local, tls12Until } = transport;
  const launched =
    local === null
      ? null
      : {
          command: local.launch.command,
          args: [...local.launch.args],
          env: hide(local.launch.env),
          tokenEnv: local.tokenEnv,
          path: local.path,
        };
  const older = tls12Until === undefined ? {} : { tls12Until };
  return { kind: 'streamable-http', url: url === null ? null : bareUrl(url, keyed), headers: hide(headers), local: launched, ...older };
}

// A token in a query is a secret too.
function bareUrl(text: string, keyed: (text: string) => string): string {
  const mark = text.indexOf('?');
  return mark === -1 ? text : `${text.slice(0, mark)}?keyed:${keyed(text.slice(mark + 1)).slice(0, 32)}`;
}
