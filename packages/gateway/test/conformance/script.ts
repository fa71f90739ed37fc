import type { JsonObject } from '../../src/contracts/json.ts';
import { type Caller, post, request, session, type Told } from '../scenarios/wire.ts';
import type { NewestRevision } from './suite.ts';

/** One request of the script that both sides are asked, by the name under which its differences are declared. */
interface Step {
  readonly name: string;
  readonly method: string;
  readonly params: JsonObject;
}

const step = (name: string, method: string, params: JsonObject = {}): Step => ({ name, method, params });
const call = (tool: string, args: JsonObject = {}, more: JsonObject = {}): Step =>
  step(tool, 'tools/call', { name: tool, arguments: args, ...more });

const COMMON: readonly Step[] = [
  step('tools', 'tools/list'),
  step('prompts', 'prompts/list'),
  step('resources', 'resources/list'),
  step('templates', 'resources/templates/list'),
  ...['test_simple_text', 'test_image_content', 'test_audio_content', 'test_embedded_resource'].map((tool) => call(tool)),
  call('test_multiple_content_types'),
  call('test_error_handling'),
  call('test_tool_with_progress', {}, { _meta: { progressToken: 'mine' } }),
  call('json_schema_2020_12_tool', { name: 'x', contactMethod: 'email', email: 'a@b.example' }),
  step('text', 'resources/read', { uri: 'test://static-text' }),
  step('binary', 'resources/read', { uri: 'test://static-binary' }),
  step('made by a template', 'resources/read', { uri: 'test://template/7/data' }),
  step('no resource', 'resources/read', { uri: 'test://nowhere' }),
  step('prompt', 'prompts/get', { name: 'test_simple_prompt' }),
  step('prompt with arguments', 'prompts/get', { name: 'test_prompt_with_arguments', arguments: { arg1: 'a', arg2: 'b' } }),
  step('prompt with a resource', 'prompts/get', { name: 'test_prompt_with_embedded_resource', arguments: { resourceUri: 'test://x' } }),
  step('prompt with an image', 'prompts/get', { name: 'test_prompt_with_image' }),
  step('completion', 'completion/complete', {
    ref: { type: 'ref/prompt', name: 'test_prompt_with_arguments' },
    argument: { name: 'arg1', value: 'par' },
  }),
  step('no method', 'no/such/method'),
];

const STEPS: Readonly<Record<NewestRevision, readonly Step[]>> = {
  '2025-11-25': [
    step('ping', 'ping'),
    step('level', 'logging/setLevel', { level: 'debug' }),
    ...COMMON,
    call('test_tool_with_logging'),
    step('subscribe', 'resources/subscribe', { uri: 'test://watched-resource' }),
    step('unsubscribe', 'resources/unsubscribe', { uri: 'test://watched-resource' }),
  ],
  '2026-07-28': [
    ...COMMON,
    call('test_logging_tool', {}, { _meta: { 'io.modelcontextprotocol/logLevel': 'debug' } }),
    call('test_param_header', { region: 'eu' }),
    call('test_missing_capability'),
  ],
};

/** What a client saw of one step. */
export interface Seen {
  readonly status: number;
  readonly message: JsonObject | null;
  readonly notifications: readonly JsonObject[];
}

const seen = ({ status, message, notifications }: Told): Seen => ({ status, message, notifications });

/** The script as one client runs it, against a server or against the gateway in front of it: by step, all that a client reads. */
export async function runScript(caller: Caller, revision: NewestRevision): Promise<ReadonlyMap<string, Seen>> {
  const all = new Map<string, Seen>();
  const inside = revision === '2025-11-25' ? await begin(caller, all) : caller;
  for (const [i, { name, method, params }] of STEPS[revision].entries())
    all.set(
      name,
      seen(await (revision === '2025-11-25' ? post(inside, request(i, method, params)) : stateless(caller, i, method, params))),
    );
  if (revision === '2026-07-28') all.set('discover', seen(await stateless(caller, 'd', 'server/discover', {})));
  return all;
}

async function begin(caller: Caller, all: Map<string, Seen>): Promise<Caller> {
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'script', version: '1' } };
  const begun = seen(await post(caller, request('init', 'initialize', params)));
  all.set('initialize', begun);
  return session(caller);
}

function stateless(caller: Caller, id: unknown, method: string, params: JsonObject): Promise<Told> {
  const named = params['name'] ?? params['uri'];
  const args = params['arguments'] as JsonObject | undefined;
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientCapabilities': {},
    'io.modelcontextprotocol/clientInfo': { name: 'script', version: '1' },
    ...(params['_meta'] as JsonObject | undefined),
  };
  return post(caller, request(id, method, { ...params, _meta }), {
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': method,
    ...(typeof named === 'string' && method !== 'completion/complete' ? { 'mcp-name': named } : {}),
    ...(typeof args?.['region'] === 'string' ? { 'mcp-param-region': args['region'] } : {}),
  });
}

/** Where two transcripts differ: `STEP PATH`, sorted. Order within lists counts. */
export function differences(one: ReadonlyMap<string, Seen>, other: ReadonlyMap<string, Seen>): readonly string[] {
  const names = new Set([...one.keys(), ...other.keys()]);
  return [...names].flatMap((name) => compare(one.get(name), other.get(name), name, '')).sort();
}

function compare(a: unknown, b: unknown, name: string, path: string): readonly string[] {
  if (isObject(a) && isObject(b)) {
    const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
    return [...keys].flatMap((key) => compare(a[key], b[key], name, path === '' ? key : `${path}.${key}`));
  }
  return JSON.stringify(a) === JSON.stringify(b) ? [] : [`${name}: ${path}`];
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && (!Array.isArray(value) || value.length > 0);
