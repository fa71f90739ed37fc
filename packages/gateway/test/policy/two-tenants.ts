import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JsonObject } from '../../src/contracts/json.ts';
import { FIXTURES, startTestGateway, type TestGateway, toolServer } from '../scenarios/running-gateway.ts';
import { REVISIONS } from './method-matrix.ts';
import { type ForeignIds, TENANT_CALLERS } from './tenant-matrix.ts';
import { begun, send } from './wire-cells.ts';

type Ask = (method: string, path: string, body?: unknown) => Promise<{ readonly status: number; readonly body: JsonObject }>;

export interface TenantSide {
  readonly tenant: string;
  readonly mcp: string;
  readonly admin: string;
  /** A server that only this tenant has; five letters. */
  readonly server: string;
  readonly ids: ForeignIds;
  /** What no answer to the other tenant may hold; and its names, which only the log of who asked for them may hold. */
  readonly secrets: readonly string[];
  readonly names: readonly string[];
  /** A task that its writer began, which goes on. */
  readonly task: string;
  /** A session of its writer, by revision. */
  readonly sessions: ReadonlyMap<string, string>;
  readonly callers: readonly { readonly caller: string; readonly key: string; readonly principal: string }[];
  /** Calls that reached its servers. */
  forwarded(): readonly string[];
  records(): Promise<readonly JsonObject[]>;
  readonly ask: Ask;
}

export interface TwoTenants {
  readonly gateway: TestGateway;
  readonly one: TenantSide;
  readonly two: TenantSide;
  stop(): Promise<void>;
}

/** A server that nobody has. */
export const NEVER = 'nober';

const SCOPES = [{ server: '*', tool: '*' }];

/** One gateway with two tenants: each has a server of its own, one whose id both have, and of every other object one. */
export async function startTwoTenants(): Promise<TwoTenants> {
  const dir = mkdtempSync(join(tmpdir(), 'sallyport-tenants-'));
  const gateway = await startTestGateway();
  must(await gateway.admin('POST', '/tenants', { id: 'acme', title: 'Acme' }));
  const first = must(await gateway.admin('POST', '/tenants/acme/keys', { name: 'first', roles: ['admin', 'auditor'], scopes: SCOPES }));
  const asAcme = asker(gateway, String(first['secret']));
  const one = await furnish(gateway, dir, { tenant: 'default', server: 'mails', ask: gateway.admin, path: '/servers' });
  const two = await furnish(gateway, dir, { tenant: 'acme', server: 'vault', ask: asAcme, path: '/tenants/acme/servers' });
  return {
    gateway,
    one,
    two,
    stop: async () => {
      await gateway.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

const asker =
  ({ running }: TestGateway, key: string): Ask =>
  async (method, path, body) => {
    const response = await fetch(`${running.adminUrl}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as JsonObject };
  };

function must({ status, body }: { readonly status: number; readonly body: JsonObject }): JsonObject {
  if (status >= 300) throw new Error(`${status} ${JSON.stringify(body)}`);
  return body;
}

interface Furnishing {
  readonly tenant: string;
  readonly server: string;
  readonly ask: Ask;
  /** Where the operator registers its servers. */
  readonly path: string;
}

async function furnish(gateway: TestGateway, dir: string, { tenant, server, ask, path }: Furnishing): Promise<TenantSide> {
  const mark = `only-of-${tenant}`;
  const callLog = join(dir, `${tenant}.calls`);
  const offer = writeOffer(join(dir, `${tenant}.json`), mark);
  const tasks = { kind: 'stdio', launch: { command: process.execPath, args: [join(FIXTURES, 'task-server-stdio.ts')] } };
  for (const id of [server, 'files'])
    must(await gateway.admin('POST', path, toolServer(id, { callLog, offer, more: { sharing: 'shared' } })));
  must(await gateway.admin('POST', path, { id: 'tasks', transport: tasks, effects: { run: 'read' } }));
  const callers: { caller: string; key: string; id: string; principal: string }[] = [];
  for (const { caller, roles } of TENANT_CALLERS) {
    const service = roles.includes('service') ? { owner: 'tests', expiresInDays: 1 } : {};
    const made = must(await ask('POST', '/keys', { name: `${mark} ${caller}`, roles, scopes: SCOPES, ...service }));
    callers.push({ caller, key: String(made['secret']), id: String(made['id']), principal: String(made['principal']) });
  }
  const [reader, writer] = callers as [(typeof callers)[0], (typeof callers)[0]];
  const granted = must(await ask('POST', '/grants', { principal: writer.principal, tool: `${server}__destructive_0` }));
  const policy = `own-${tenant}`;
  must(await ask('POST', '/policies', { text: `@id("${policy}") forbid (principal, action, resource == Tool::"${server}__write_1");` }));
  const records = (): Promise<readonly JsonObject[]> => allOf(ask);
  const newest = ((await records()).at(-1)?.['record'] ?? {}) as JsonObject;
  const record = String(newest['id']);
  const grant = String(granted['id']);
  return {
    tenant,
    mcp: gateway.mcp,
    admin: gateway.running.adminUrl,
    server,
    ids: { server, key: reader.id, grant, policy, record },
    secrets: [mark, ...callers.map(({ principal }) => principal)],
    names: [`"${server}"`, policy, grant],
    ...(await usesOf(gateway.mcp, writer.key)),
    callers,
    forwarded: () =>
      existsSync(callLog)
        ? readFileSync(callLog, 'utf8')
            .split('\n')
            .filter((line) => line !== '')
        : [],
    records,
    ask,
  };
}

function writeOffer(file: string, mark: string): string {
  const described = { description: mark };
  const prompts = [{ name: 'read', arguments: [{ name: 'who' }], ...described }];
  const templates = [{ uriTemplate: 'made://read/{id}', name: 'read', ...described }];
  const resources = [{ uri: 'note://listed', name: 'listed', ...described }];
  writeFileSync(file, JSON.stringify({ prompts, templates, resources }));
  return file;
}

/** A session in each revision that has them, and a task in one of them. */
async function usesOf(url: string, key: string): Promise<Pick<TenantSide, 'sessions' | 'task'>> {
  const agent = new Agent();
  const sessions = new Map<string, string>();
  let task = '';
  for (const revision of REVISIONS.filter((one) => one !== '2026-07-28')) {
    const line = await begun({ agent, url, key, revision, session: null });
    sessions.set(revision, line?.session ?? '');
    if (line === null || revision !== '2025-11-25') continue;
    const params = { name: 'tasks__run', arguments: { ms: 600_000 }, task: { ttl: 600_000 } };
    const begunTask = await send(line, { method: 'tools/call', kind: 'request', params }, 'task');
    task = /"taskId":"([\w-]{43})"/.exec(begunTask.body)?.[1] ?? '';
  }
  agent.destroy();
  if (task === '') throw new Error('no task was begun');
  return { sessions, task };
}

async function allOf(ask: Ask): Promise<readonly JsonObject[]> {
  const all: JsonObject[] = [];
  let cursor = '';
  do {
    const page = must(await ask('GET', `/log?limit=500&payloads=true${cursor}`));
    all.push(...(page['items'] as readonly JsonObject[]));
    cursor = page['next'] === null ? '' : `&cursor=${String(page['next'])}`;
  } while (cursor !== '');
  return all.reverse();
}
