/**
 * The gateway's side of the bench (README.md, "The gateway's side of the contract"): the whole product in this process, every guard and the durable
 * journal on, the upstream registered over HTTP, a key for each principal made through the admin API.
 */
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { request } from 'undici';
import { SecretString } from '../packages/gateway/src/base/secret-string.ts';
import type { RunningGateway, StartOptions } from '../packages/gateway/src/contracts/running.ts';
import { startGateway } from '../packages/gateway/src/main.ts';
import { type PostgresServer, startPostgres } from '../packages/gateway/test/fixtures/postgres-server.ts';
import { announce } from './announce.ts';
import { TOOL_COUNT, toolName } from './answer.ts';

const KEY_COUNT = 200;
/** Far above what the load generator sends in a minute, from one address and over 200 principals. */
const PER_MINUTE = 1_000_000;
const A_DAY_MS = 86_400_000;

const { values: options } = parseArgs({
  options: {
    upstream: { type: 'string' },
    data: { type: 'string' },
    era: { type: 'string' },
    postgres: { type: 'boolean', default: false },
  },
});

const required = (name: 'upstream' | 'data'): string => {
  const value = options[name];
  if (value === undefined) throw new Error(`--${name} is missing`);
  return value;
};

const deviation = (figure: string) => ({
  key: `rate_limiting.${figure}`,
  value: PER_MINUTE,
  reason: 'the load generator of the bench sends more than any person',
  until: new Date(Date.now() + A_DAY_MS).toISOString().slice(0, 10),
});

const settings = {
  rate_limiting: { requests_per_minute: PER_MINUTE, address_requests_per_minute: PER_MINUTE },
  deviations: [deviation('requests_per_minute'), deviation('address_requests_per_minute')],
};

const upstream = (url: string) => ({
  id: 'bench',
  transport: { kind: 'streamable-http', url },
  effects: Object.fromEntries(Array.from({ length: TOOL_COUNT }, (_, index) => [toolName(index), 'read'])),
});

const report = (event: string, fields?: object): void => {
  process.stderr.write(`sallyport: ${event} ${JSON.stringify(fields ?? {})}\n`);
};

const startOptions = (data: string, storage: Pick<StartOptions, 'storage'>): StartOptions => ({
  ...storage,
  data,
  port: 0,
  adminPort: 0,
  nextFreePort: false,
  seed: { servers: [upstream(required('upstream'))], client: { name: 'bench', roles: ['reader'] }, grants: [] },
  settings,
  surroundings: {
    path: process.env['PATH'] ?? '',
    lang: 'C.UTF-8',
    runtime: tmpdir(),
    uid: process.getuid?.() ?? 0,
    node: process.execPath,
    packages: import.meta.dirname,
  },
  log: { debug: () => undefined, info: () => undefined, warn: report, error: report },
  progress: () => undefined,
});

const makeKey = async (admin: string, adminKey: string, at: number): Promise<string> => {
  const { statusCode, body } = await request(new URL('/api/v1/keys', admin), {
    method: 'POST',
    headers: { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name: `bench ${at}`, roles: ['reader'], scopes: [{ server: '*', tool: '*' }] }),
  });
  const text = await body.text();
  if (statusCode !== 200 && statusCode !== 201) throw new Error(`key ${at}: HTTP ${statusCode} ${text.slice(0, 300)}`);
  return (JSON.parse(text) as { readonly secret: string }).secret;
};

const makeKeys = async (admin: string, adminKey: string): Promise<readonly string[]> => {
  const keys: string[] = [];
  for (let at = 0; at < KEY_COUNT; at++) keys.push(await makeKey(admin, adminKey, at));
  return keys;
};

const endWith = (running: RunningGateway, server: PostgresServer | null): void => {
  const end = async (): Promise<void> => {
    await running.stop();
    await server?.stop();
  };
  process.once('SIGTERM', () => void end().finally(() => process.exit(0)));
};

/** State and journal on a PostgreSQL of its own, on this machine: it takes its share of the same cores. */
const server = options.postgres ? await startPostgres() : null;
const storage: Pick<StartOptions, 'storage'> =
  server === null ? {} : { storage: { kind: 'postgres', url: new SecretString(await server.database()) } };
const started = await startGateway(startOptions(join(required('data'), 'sallyport'), storage));
if (!started.ok) throw new Error(`${started.reason} ${started.detail ?? ''}`);
const running = started.value;
const adminKey = readFileSync(running.adminKeyFile, 'utf8').trim();
const keys = await makeKeys(running.adminUrl, adminKey);
endWith(running, server);
announce({ mcp: running.mcpUrl, keys, admin: running.adminUrl, adminKey });
