import type { JsonObject } from '../../contracts/json.ts';
import { checkServer, type ServerProblem } from '../../registry/index.ts';
import { type Mistake, mistake } from '../mistake.ts';
import type { Path, Places } from './places.ts';
import type { FileServer } from './schema.ts';

/** A server of the file as `POST /api/v1/servers` would take it; references stand where secrets will. */
export function serverInput(id: string, server: FileServer): JsonObject {
  const { title, sharing, enabled, effects, prompts, templates, resources } = server;
  const limits = server.limits === undefined ? undefined : limitsOf(server.limits);
  const labels = server.labels === undefined ? undefined : labelsOf(server.labels);
  const more = Object.fromEntries(
    Object.entries({ title, sharing, enabled, effects, prompts, templates, resources, limits, labels }).filter(
      ([, value]) => value !== undefined,
    ),
  );
  return { id, transport: transportOf(server), ...more } as JsonObject;
}

type FileLimits = NonNullable<FileServer['limits']>;
type FileLimit = Omit<FileLimits, 'tools'>;

const limitOf = ({ calls_per_minute, in_flight, in_flight_per_principal }: FileLimit): JsonObject => ({
  callsPerMinute: calls_per_minute ?? null,
  inFlight: in_flight ?? null,
  inFlightPerPrincipal: in_flight_per_principal ?? null,
});

const limitsOf = (limits: FileLimits): JsonObject => ({
  ...limitOf(limits),
  tools: Object.fromEntries(Object.entries(limits.tools ?? {}).map(([name, limit]) => [name, limitOf(limit)])),
});

type FileLabels = NonNullable<FileServer['labels']>;

const labelOf = ({ data_class, environment }: Pick<FileLabels, 'data_class' | 'environment'>): JsonObject => ({
  dataClass: data_class ?? null,
  environment: environment ?? null,
});

const labelsOf = (labels: FileLabels): JsonObject => ({
  ...labelOf(labels),
  ...Object.fromEntries(
    (['tools', 'prompts', 'templates'] as const).map((list) => [
      list,
      Object.fromEntries(Object.entries(labels[list] ?? {}).map(([name, one]) => [name, labelOf(one)])),
    ]),
  ),
});

function transportOf({ command, args, env, url, headers, local, tls_1_2: older }: FileServer): JsonObject {
  if (command !== undefined) return { kind: 'stdio', launch: { command, args: args ?? [], env: env ?? {} } };
  if (local === undefined) {
    const exception = older === undefined ? {} : { tls12Until: older.until };
    return { kind: 'streamable-http', url: url ?? null, headers: headers ?? {}, ...exception };
  }
  const launch = { command: local.command, args: local.args ?? [], env: local.env ?? {} };
  return { kind: 'streamable-http', local: { launch, tokenEnv: local.token_env, path: local.path } };
}

/** What the registry would refuse, told before anything is started. */
export function serverMistakes(servers: Readonly<Record<string, FileServer>>, places: Places): readonly Mistake[] {
  return Object.entries(servers).flatMap(([id, server]) =>
    checkServer(serverInput(id, server)).map((problem) => {
      const path = pathInFile(id, problem);
      return {
        ...mistake({ reason: 'config.invalid', key: path.join('.'), expected: expectedBy(problem.message) }),
        position: places.keyAt(path),
      };
    }),
  );
}

/** "must match X" becomes "X", and "has a line break" becomes "nothing that has a line break". */
const expectedBy = (message: string): string =>
  /^(must match|must be|needs) /.test(message) ? message.replace(/^(must match|must be|needs) /, '') : `nothing that ${message}`;

const IN_FILE: Readonly<Record<string, string>> = {
  tokenEnv: 'token_env',
  callsPerMinute: 'calls_per_minute',
  dataClass: 'data_class',
  inFlight: 'in_flight',
  inFlightPerPrincipal: 'in_flight_per_principal',
};

/** `transport.local.launch.tokenEnv` of the registry is `local.token_env` of the file. */
function pathInFile(id: string, { path }: ServerProblem): Path {
  const inFile = path.filter((step) => step !== 'transport' && step !== 'launch').map((step) => IN_FILE[step] ?? step);
  return ['servers', id, ...(path[0] === 'id' ? [] : inFile)];
}
