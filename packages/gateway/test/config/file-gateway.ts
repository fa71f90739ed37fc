import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { random } from '../../src/base/bytes.ts';
import { systemClock } from '../../src/base/clock.ts';
import { type Logger, silentLogger } from '../../src/base/log.ts';
import type { JsonObject } from '../../src/contracts/json.ts';
import type { RunningGateway, StartOptions } from '../../src/contracts/running.ts';
import { startGateway } from '../../src/main.ts';
import { openStorage } from '../../src/storage/index.ts';
import { openVault } from '../../src/vault/index.ts';
import { startOptions } from '../scenarios/running-gateway.ts';

/** A folder with a configuration file, and a gateway that is started from it. */
export interface FileGateway {
  readonly folder: string;
  readonly file: string;
  readonly log: { readonly level: string; readonly event: string; readonly fields: unknown }[];
  readonly running: RunningGateway;
  write(text: string): void;
  admin(method: string, path: string, body?: unknown): Promise<{ readonly status: number; readonly body: JsonObject }>;
  key(name: string, roles?: readonly string[]): Promise<{ readonly text: string; readonly principal: string }>;
  records(query?: string): Promise<readonly JsonObject[]>;
  stop(): Promise<void>;
  /** Stops, and removes the folder. */
  end(): Promise<void>;
}

export interface FileGatewayOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Keeps the folder: for tests that start twice. */
  readonly folder?: string;
  readonly start?: Partial<StartOptions>;
}

export const newFolder = (): string => mkdtempSync(join(tmpdir(), 'sallyport-file-'));

/** Starts as `sallyport serve --config` does, on free ports. Throws what the start was refused for. */
export async function startFromFile(text: string, options: FileGatewayOptions = {}): Promise<FileGateway> {
  const folder = options.folder ?? newFolder();
  const file = join(folder, 'sallyport.yaml');
  const write = (content: string): void => writeFileSync(file, content, { mode: 0o600 });
  write(text);
  const log: FileGateway['log'] = [];
  const at =
    (level: string): Logger['info'] =>
    (event, fields) =>
      void log.push({ level, event, fields });
  const source = { path: file, name: 'sallyport.yaml', env: options.env ?? {} };
  const started = await startGateway({
    ...startOptions(join(folder, 'data'), { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }),
    seed: null,
    settings: {},
    file: source,
    ...options.start,
  });
  if (!started.ok) throw new Error(`${started.reason}: ${started.detail ?? ''}`);
  const running = started.value;
  const adminKey = readFileSync(running.adminKeyFile, 'utf8').trim();
  const admin: FileGateway['admin'] = async (method, path, body) => {
    const answer = await ask(
      { socketPath: running.socketPath },
      { method, path: `/api/v1${path}`, key: adminKey, ...(body === undefined ? {} : { body }) },
    );
    return { status: answer.status, body: (answer.body === '' ? {} : JSON.parse(answer.body)) as JsonObject };
  };
  return {
    folder,
    file,
    log,
    running,
    write,
    admin,
    async key(name, roles = ['reader', 'writer']) {
      const made = await admin('POST', '/keys', { name, roles, scopes: [{ server: '*', tool: '*' }] });
      if (made.status >= 300) throw new Error(JSON.stringify(made.body));
      return { text: String(made.body['secret']), principal: String(made.body['principal']) };
    },
    async records(query = '') {
      const page = await admin('GET', `/log?limit=500&payloads=true${query === '' ? '' : `&${query}`}`);
      return [...(page.body['items'] as readonly JsonObject[])].reverse();
    },
    stop: () => running.stop(),
    async end() {
      await running.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Opens the store of a gateway that is stopped with its own key, as whoever has the machine could, and runs one statement. */
export async function inDatabase(folder: string, statement: string): Promise<void> {
  const data = join(folder, 'data');
  const vault = openVault({ file: join(data, 'keys'), create: false, random });
  if (!vault.ok) throw new Error(vault.detail);
  const storage = await openStorage({ dir: data, key: vault.value.stateKey(), clock: systemClock, log: silentLogger });
  if (!storage.ok) throw new Error(storage.detail);
  await sql.raw(statement).execute(storage.value.queries());
  await storage.value.close();
  vault.value.close();
}

export type Where = { readonly socketPath: string } | { readonly url: string; readonly ca?: string };

export interface Asked {
  readonly method?: string;
  readonly path?: string;
  readonly key: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
}

/** One request over a socket, HTTP or HTTPS with the given authority, on a connection of its own. */
export function ask(where: Where, { method = 'POST', path, key, body, headers = {} }: Asked): Promise<Answered> {
  const payload = body === undefined ? null : JSON.stringify(body);
  const all = {
    authorization: `Bearer ${key}`,
    accept: 'application/json, text/event-stream',
    ...('socketPath' in where ? { host: 'localhost' } : {}),
    ...(payload === null ? {} : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(payload)) }),
    ...headers,
  };
  return new Promise((resolve, reject) => {
    const done = (response: import('node:http').IncomingMessage): void => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
      response.on('error', reject);
    };
    const options = { method, headers: all, agent: false as const };
    const outgoing =
      'socketPath' in where
        ? httpRequest({ ...options, socketPath: where.socketPath, path }, done)
        : where.url.startsWith('https:')
          ? httpsRequest(new URL(path ?? '', where.url), { ...options, ca: where.ca }, done)
          : httpRequest(new URL(path ?? '', where.url), options, done);
    outgoing.on('error', reject);
    outgoing.end(payload ?? undefined);
  });
}

export const rpc = (id: unknown, method: string, params: JsonObject = {}): JsonObject =>
  ({ jsonrpc: '2.0', id, method, params }) as JsonObject;

/** A certificate for this machine, made now; PEM files in the folder. */
export function makeCertificate(folder: string, name: string): string {
  const [key, cert] = [join(folder, `${name}.key`), join(folder, `${name}.pem`)];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1,IP:::1,DNS:localhost,DNS:mcp.example.com'];
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      '2',
      ...subject,
      '-keyout',
      key,
      '-out',
      cert,
    ],
    {
      stdio: 'ignore',
    },
  );
  return readFileSync(cert, 'utf8');
}
