import { Agent } from 'node:http';
import type { JsonObject } from '../../src/contracts/json.ts';
import { METHODS, REVISIONS } from './method-matrix.ts';
import { ask, type RawAnswer } from './raw.ts';
import { type AdminAsk, answersIn, foreignAdministration, foreignAsks, LISTS, ofTheGateway } from './tenant-matrix.ts';
import { NEVER, type TenantSide, type TwoTenants } from './two-tenants.ts';
import { begun, classOf, isModern, type Line, refOf, send } from './wire-cells.ts';

/** What the run saw against what the tables say. */
export class TenantCells {
  count = 0;
  readonly mismatches: string[] = [];
  /** References of refusals, with the tenant in whose log they have to be. */
  readonly refused = new Map<string, string>();

  wrong(cell: string, expected: string, got: string): void {
    this.mismatches.push(`${cell}: expected ${expected}, got ${got}`);
  }
}

interface Asking {
  readonly own: TenantSide;
  readonly other: TenantSide;
  readonly caller: string;
  readonly key: string;
  readonly cells: TenantCells;
}

/** Everybody of either tenant asks for everything that the other has, on the wire and of the administration. */
export async function runTenants(two: TwoTenants): Promise<TenantCells> {
  const cells = new TenantCells();
  const agent = new Agent({ keepAlive: true });
  const sides = [
    [two.one, two.two],
    [two.two, two.one],
  ] as const;
  try {
    for (const [own, other] of sides)
      for (const [column, { caller, key }] of own.callers.entries()) {
        const asking: Asking = { own, other, caller, key, cells };
        for (const revision of REVISIONS) await runWire({ agent, url: own.mcp, key, revision, session: null }, asking);
        await runAdministration(agent, asking, column);
      }
  } finally {
    agent.destroy();
  }
  for (const [own] of sides) await settle(own, cells);
  return cells;
}

async function runWire(line: Line, asking: Asking): Promise<void> {
  const { own, other, caller, cells } = asking;
  const cellOf = (what: string): string => `${own.tenant} ${caller}: ${what} of ${other.tenant}, ${line.revision}`;
  const inside = await begun(line);
  if (inside === null) return cells.wrong(cellOf('a session'), 'one of its own', 'none');
  const lost = 'A'.repeat(43);
  const never = foreignAsks({ server: NEVER, task: lost });
  for (const [row, one] of foreignAsks({ server: other.server, task: other.task }).entries()) {
    const expected = answersIn(one)[REVISIONS.indexOf(line.revision)] ?? '';
    const pair = [await send(inside, one, 'cell'), await send(inside, never[row] ?? one, 'cell')] as const;
    settlePair(asking, `${cellOf(one.object)}: ${one.method}`, expected, pair);
  }
  for (const method of LISTS) {
    const told = await send(inside, { method, kind: 'request', params: {} }, 'list');
    cells.count += 1;
    const held = [...other.secrets, ...other.names].filter((text) => told.body.includes(text));
    if (classOf(told) !== 'ok' || held.length > 0) cells.wrong(cellOf(method), 'a list without them', `${told.status} ${held.join()}`);
  }
  await runEndpoint(line, asking, cellOf);
  if (isModern(line)) return;
  await runSession(line, asking, cellOf);
  await send(inside, { method: 'DELETE', kind: 'http', params: {} }, 0);
}

/** The other tenant's own endpoint, by every method that needs no session. */
async function runEndpoint(line: Line, asking: Asking, cellOf: (what: string) => string): Promise<void> {
  const at = (server: string): Line => ({ ...line, url: `${line.url}/${server}` });
  const methods = isModern(line) ? ['server/discover', 'tools/list', 'subscriptions/listen'] : ['initialize'];
  for (const row of METHODS.filter(({ method }) => methods.includes(method))) {
    const pair = [await send(at(asking.other.server), row, 'cell'), await send(at(NEVER), row, 'cell')] as const;
    settlePair(asking, `${cellOf('the endpoint')}: ${row.method}`, 'no-path', pair);
  }
}

/** A session that somebody of the other tenant began, by every method that there is. */
async function runSession(line: Line, asking: Asking, cellOf: (what: string) => string): Promise<void> {
  const theirs = asking.other.sessions.get(line.revision) ?? '';
  const rows = METHODS.filter(({ method }) => method !== 'initialize' && !['PUT', 'PATCH', 'OPTIONS'].includes(method));
  for (const row of rows) {
    const within = (session: string): Promise<RawAnswer> => send({ ...line, session }, row, 'cell');
    const pair = [await within(theirs), await within('A'.repeat(43))] as const;
    settlePair(asking, `${cellOf('a session')}: ${row.kind} ${row.method}`, 'no-session', pair);
  }
}

/** Answers about what the other tenant has and about what never was: as the table says, and the same to the byte. */
function settlePair(
  { own, other, cells }: Asking,
  cell: string,
  expected: string,
  [foreign, never]: readonly [RawAnswer, RawAnswer],
): void {
  cells.count += 1;
  const got = classOf(foreign);
  if (got !== expected) cells.wrong(cell, expected, got);
  const names = [other.server, NEVER, other.task, 'A'.repeat(43)];
  if (bytesOf(foreign, names) !== bytesOf(never, names)) cells.wrong(cell, bytesOf(never, names), bytesOf(foreign, names));
  const ref = refOf(foreign);
  if (ref === null) cells.wrong(cell, 'a reference', foreign.body.slice(0, 100));
  else cells.refused.set(ref, own.tenant);
}

/** The answer without what differs from request to request, the name that was asked for taken out. */
function bytesOf({ status, rawHeaders, body }: RawAnswer, names: readonly string[]): string {
  const heads = rawHeaders.filter((_, i) => !/^(date|ratelimit)$/i.test(rawHeaders[i - (i % 2)] ?? ''));
  const text = JSON.stringify([status, heads, body]).replaceAll(/\b[0-9A-HJKMNP-TV-Z]{26}\b/g, 'REF');
  return names.reduce((rest, name) => rest.replaceAll(name, 'NAME'), text);
}

const NO_REF = '01JB0000000000000000000000';
const NO_IDS = { server: NEVER, key: 'key_none', grant: NO_REF, policy: 'never', record: NO_REF };

async function runAdministration(agent: Agent, asking: Asking, column: number): Promise<void> {
  const never = foreignAdministration(NO_IDS);
  for (const [row, one] of foreignAdministration(asking.other.ids).entries())
    await runVerb(agent, asking, answersIn(one)[column] ?? '', [one, never[row] ?? one]);
  if (asking.own.tenant === 'default') return;
  for (const one of ofTheGateway(asking.own.tenant)) await runVerb(agent, asking, answersIn(one)[column] ?? '', [one, one]);
}

const EXPECTED: Readonly<Record<string, readonly [number, string | null]>> = {
  '0': [404, null],
  R: [403, 'identity.role_required'],
  O: [403, 'admin.operator_only'],
  N: [200, null],
};

async function runVerb(agent: Agent, asking: Asking, answer: string, [one, never]: readonly [AdminAsk, AdminAsk]): Promise<void> {
  const { own, other, key, caller, cells } = asking;
  const send = ({ method, path, body }: AdminAsk): Promise<RawAnswer> => {
    const headers = { authorization: `Bearer ${key}`, ...(body === null ? {} : { 'content-type': 'application/json' }) };
    const url = own.admin + (path === '/api/v1/metrics' ? '/metrics' : path);
    return ask({ agent, url, method, headers, ...(body === null ? {} : { body: JSON.stringify(body) }) });
  };
  const cell = `${own.tenant} ${caller}: ${one.method} ${one.path}`;
  const told = await send(one);
  const [status, reason] = EXPECTED[answer] ?? [0, null];
  cells.count += 1;
  if (told.status !== status) return cells.wrong(cell, String(status), `${told.status} ${told.body.slice(0, 200)}`);
  const { error } = JSON.parse(told.body) as { readonly error?: { readonly reason: string; readonly ref: string } };
  if (reason !== null && error?.reason !== reason) cells.wrong(cell, reason, String(error?.reason));
  if (error !== undefined) cells.refused.set(error.ref, own.tenant);
  // Its own log holds what it asked for.
  const hidden = one.path.includes('/log?') ? other.secrets : [...other.secrets, ...other.names];
  const held = status === 200 ? hidden.filter((text) => told.body.includes(text)) : [];
  if (held.length > 0) cells.wrong(cell, `nothing of ${other.tenant}`, held.join());
  if (status !== 404) return;
  const names = [...Object.values(other.ids), ...Object.values(NO_IDS)];
  const unknown = await send(never);
  if (bytesOf(told, names) !== bytesOf(unknown, names)) cells.wrong(cell, bytesOf(unknown, names), bytesOf(told, names));
}

/** Every refusal is in the log of who asked, and in no other; a log holds its tenant's records only; nothing was forwarded. */
async function settle(side: TenantSide, cells: TenantCells): Promise<void> {
  const records = (await side.records()).map((item) => item['record'] as JsonObject);
  const ids = new Set(records.map(({ id }) => String(id)));
  for (const [ref, tenant] of cells.refused)
    if (ids.has(ref) !== (tenant === side.tenant))
      cells.wrong(`record ${ref}`, `in the log of ${tenant} only`, `in ${side.tenant}: ${ids.has(ref)}`);
  for (const record of records)
    if (record['tenant'] !== side.tenant) cells.wrong(`the log of ${side.tenant}`, 'its own records', String(record['id']));
  if (side.forwarded().length > 0) cells.wrong(side.tenant, 'nothing forwarded', side.forwarded().join());
}
