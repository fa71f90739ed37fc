import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Logger } from '../../src/base/log.ts';
import type { JsonObject } from '../../src/contracts/json.ts';
import type { Role } from '../../src/contracts/principal.ts';
import type { RunningGateway, StartOptions } from '../../src/contracts/running.ts';
import { startGateway } from '../../src/main.ts';

const HERE = dirname(fileURLToPath(import.meta.url));
export const FIXTURES = join(HERE, '..', 'fixtures');

/** The whole product in this process, over real sockets, with real servers behind it; everything is asked of it as a client or an admin would. */
export interface TestGateway {
  readonly running: RunningGateway;
  readonly mcp: string;
  readonly data: string;
  /** What its operators would read. */
  readonly log: { readonly level: string; readonly event: string; readonly fields: unknown }[];
  admin(method: string, path: string, body?: unknown): Promise<{ readonly status: number; readonly body: JsonObject }>;
  /** Makes a key and returns its text. Scopes default to everything. */
  key(of: {
    readonly name: string;
    readonly roles: readonly Role[];
    readonly [more: string]: unknown;
  }): Promise<{ readonly text: string; readonly id: string; readonly principal: string }>;
  /** Public parts and payloads of the newest records, oldest first. */
  records(query?: string): Promise<readonly JsonObject[]>;
  stop(): Promise<void>;
}

export interface TestOptions {
  readonly servers?: readonly JsonObject[];
  readonly settings?: JsonObject;
  /** Keeps the directory: for tests that start twice. */
  readonly data?: string;
  readonly start?: Partial<StartOptions>;
}

export async function startTestGateway(options: TestOptions = {}): Promise<TestGateway> {
  const data = options.data ?? mkdtempSync(join(tmpdir(), 'sallyport-test-'));
  const log: TestGateway['log'] = [];
  const at =
    (level: string): Logger['info'] =>
    (event, fields) =>
      void log.push({ level, event, fields });
  const started = await startGateway(
    startOptions(data, { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }, options),
  );
  if (!started.ok) throw new Error(`${started.reason}: ${started.detail ?? ''}`);
  const running = started.value;
  const adminKey = readFileSync(running.adminKeyFile, 'utf8').trim();
  const admin: TestGateway['admin'] = async (method, path, body) => {
    const response = await fetch(`${running.adminUrl}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${adminKey}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as JsonObject };
  };
  return {
    running,
    mcp: running.mcpUrl,
    data,
    log,
    admin,
    async key(of) {
      const made = await admin('POST', '/keys', { scopes: [{ server: '*', tool: '*' }], ...of });
      if (made.status !== 201 && made.status !== 200) throw new Error(`key ${of.name}: ${JSON.stringify(made.body)}`);
      return { text: String(made.body['secret']), id: String(made.body['id']), principal: String(made.body['principal']) };
    },
    async records(query = '') {
      const page = await admin('GET', `/log?limit=500&payloads=true${query === '' ? '' : `&${query}`}`);
      return [...(page.body['items'] as readonly JsonObject[])].reverse();
    },
    async stop() {
      await running.stop();
      if (options.data === undefined) rmSync(data, { recursive: true, force: true });
    },
  };
}

/** What a test gateway is started with: free ports, one client key, this machine's programs. */
export const startOptions = (data: string, log: Logger, options: TestOptions = {}): StartOptions => ({
  data,
  port: 0,
  adminPort: 0,
  nextFreePort: false,
  seed: { servers: options.servers ?? [], client: { name: 'client', roles: ['writer'] }, grants: [] },
  settings: options.settings ?? UNLIMITED,
  surroundings: {
    path: process.env['PATH'] ?? '',
    lang: 'C.UTF-8',
    runtime: tmpdir(),
    uid: process.getuid?.() ?? 0,
    node: process.execPath,
    packages: HERE,
  },
  log,
  progress: () => undefined,
  ...options.start,
});

const until = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
const deviation = (key: string, value: number): JsonObject => ({
  key: `rate_limiting.${key}`,
  value,
  reason: 'tests send more than a person',
  until,
});

/** Rates far above what a test sends, as the deviations that they are. */
export const UNLIMITED: JsonObject = {
  rate_limiting: { requests_per_minute: 1_000_000, address_requests_per_minute: 1_000_000 },
  deviations: [deviation('requests_per_minute', 1_000_000), deviation('address_requests_per_minute', 1_000_000)],
};

export interface ToolServerOptions {
  /** How many tools of each effect: `read_0`, `write_0`, `destructive_0` ... */
  readonly tools?: Readonly<Record<'read' | 'write' | 'destructive', number>>;
  /** A file to which the server appends every call it gets: the witness. */
  readonly callLog?: string;
  /** A file of prompts, templates and resources (fixtures/offer.ts), all with the effect `read` unless `more` says otherwise. */
  readonly offer?: string;
  /** More of the registration: sharing, enabled. */
  readonly more?: JsonObject;
}

/** The fixture with tools named by effect, over stdio. */
export function toolServer(id: string, options: ToolServerOptions = {}): JsonObject {
  const launch = { command: process.execPath, args: [join(FIXTURES, 'tool-server-stdio.ts'), ...argsOf(options)] };
  return { id, transport: { kind: 'stdio', launch }, effects: effectsOf(options), ...readsOf(options), ...options.more };
}

/** The same over Streamable HTTP, in both eras. */
export function httpToolServer(id: string, options: ToolServerOptions = {}): JsonObject {
  const launch = { command: process.execPath, args: [join(FIXTURES, 'tool-server-http.ts'), ...argsOf(options)] };
  return {
    id,
    transport: { kind: 'streamable-http', local: { launch, tokenEnv: 'TOOL_SERVER_TOKEN', path: '/mcp' } },
    effects: effectsOf(options),
    ...readsOf(options),
    ...options.more,
  };
}

const COUNTS = { read: 2, write: 2, destructive: 2 };
const FIXED = { echo: 'read', slow: 'read', progress: 'read', log: 'read', big: 'read', add_tool: 'write' };

const argsOf = ({ tools = COUNTS, callLog, offer }: ToolServerOptions): readonly string[] => [
  '--tools',
  Object.entries(tools)
    .map(([effect, count]) => `${effect}:${count}`)
    .join(','),
  ...(callLog === undefined ? [] : ['--call-log', callLog]),
  ...(offer === undefined ? [] : ['--offer', offer]),
];

const readsOf = ({ offer }: ToolServerOptions): JsonObject =>
  offer === undefined ? {} : { prompts: 'read', templates: 'read', resources: 'read' };

const effectsOf = ({ tools = COUNTS, offer }: ToolServerOptions): JsonObject => ({
  ...FIXED,
  ...(offer === undefined ? {} : { touch: 'read', announce: 'read', link: 'read' }),
  ...Object.fromEntries(
    Object.entries(tools).flatMap(([effect, count]) => Array.from({ length: count }, (_, i) => [`${effect}_${i}`, effect])),
  ),
});
