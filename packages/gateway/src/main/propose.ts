import type { ProposedConfiguration } from '../admin/index.ts';
import { failure, type Result, success } from '../base/result.ts';
import { type Configuration, membersOf, readConfiguration, tellMistake } from '../config/index.ts';
import type { JsonObject, JsonValue } from '../contracts/json.ts';
import type { Reason } from '../contracts/reasons/index.ts';
import type { ServerLabels } from '../contracts/registration.ts';
import type { StartOptions } from '../contracts/running.ts';
import type { Effect } from '../contracts/target.ts';
import { fileGrants } from './file-grants.ts';
import type { Rooms } from './rooms.ts';

/** Reads a text as if it stood where the configuration's file stands, and says what of it decides about calls. Nothing is asked, changed or kept. */
export function propose(rooms: Rooms, { file }: StartOptions, text: string): Result<ProposedConfiguration, Reason> {
  if (file == null) return failure('config.unreadable', 'file: this gateway was started without a configuration file');
  const read = readConfiguration(file, rooms.clock.now(), Buffer.from(text));
  if (!read.ok) return failure(read.reason, read.mistakes.map(tellMistake).join('\n'));
  const next = read.value;
  const named = new Map(next.servers.map(({ id, input }) => [id, input]));
  const gone = rooms.configured.current().servers.filter(({ id }) => !named.has(id));
  return success({
    policies: next.policies,
    grants: fileGrants(next),
    members: membersOf(next.file?.roles ?? []),
    effectOf: (server, kind, name) => effectIn(named.get(server), kind, name),
    labels: new Map(next.servers.map(({ id, input }) => [id, (input['labels'] ?? null) as unknown as ServerLabels | null])),
    gone: new Set([...gone.map(({ id }) => id), ...switchedOff(next)]),
  });
}

const switchedOff = ({ servers }: Configuration): readonly string[] =>
  servers.flatMap(({ id, input }) => (input['enabled'] === false ? [id] : []));

const KEYS = { tool: 'effects', prompt: 'prompts', template: 'templates', resource: 'resources' } as const;

/** Undefined where the file does not name the server: then it is as it is. What has no effect counts as destructive. */
function effectIn(input: JsonObject | undefined, kind: keyof typeof KEYS, name: string): Effect | undefined {
  if (input === undefined) return undefined;
  const given: JsonValue | undefined = input[KEYS[kind]];
  if (typeof given === 'string') return given as Effect;
  const own = typeof given === 'object' && given !== null && Object.hasOwn(given, name) ? (given as JsonObject)[name] : undefined;
  return (own ?? 'destructive') as Effect;
}
