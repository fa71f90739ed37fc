import { Agent } from 'node:http';
import { ADMIN, ADMIN_ROLES, answersOf as adminAnswersOf } from './admin-matrix.ts';
import { LOCAL, TURNED_AWAY, type WireCaller, WORKING } from './callers.ts';
import { Cells, recordsOf } from './ledger-of-cells.ts';
import { METHODS, answersOf as methodAnswersOf, REVISIONS, type Revision } from './method-matrix.ts';
import type { MatrixGateway } from './objects.ts';
import { ask } from './raw.ts';
import { runReach } from './run-reach.ts';
import { answersOf, MATRIX, OBJECTS, type ObjectName, TOOLS } from './tool-matrix.ts';
import { begun, callTool, isModern, type Line, namesIn, send } from './wire-cells.ts';

const AT_ONCE = 6;

interface Known extends WireCaller {
  readonly key: string;
  readonly principal: string;
}

/** Everybody of callers.ts asks everything of the three tables; what came back, what the servers saw and what the journal holds is settled. */
export async function runMatrix(matrix: MatrixGateway): Promise<Cells> {
  const cells = new Cells();
  const agent = new Agent({ keepAlive: true });
  try {
    const callers = await keysFor(matrix, [...WORKING, LOCAL, ...TURNED_AWAY]);
    for (let at = 0; at < callers.length; at += AT_ONCE)
      await Promise.all(callers.slice(at, at + AT_ONCE).map((caller) => runCaller(matrix, agent, caller, cells)));
    await runSessions(matrix, agent, callers, cells);
    for (const caller of callers) await runAdmin(matrix, agent, caller, cells);
    await runReach(matrix, cells);
  } finally {
    agent.destroy();
  }
  settleWitness(matrix, cells);
  // The counts of what was folded are written when it stops.
  await matrix.restart();
  cells.settle(await recordsOf(matrix.gateway, ['refusal', 'authentication']));
  return cells;
}

/** What reached the servers is what the table lets through: not one call more, and not one less. */
function settleWitness(matrix: MatrixGateway, cells: Cells): void {
  const reached = matrix.forwarded();
  for (const { cell, tool } of reached) if (!cells.forwarded.has(cell)) cells.mismatch(cell, 'not forwarded', `forwarded to ${tool}`);
  if (reached.length !== cells.forwarded.size) cells.mismatch('calls', `${cells.forwarded.size} forwarded`, String(reached.length));
}

async function keysFor({ gateway }: MatrixGateway, callers: readonly WireCaller[]): Promise<readonly Known[]> {
  const known: Known[] = [];
  for (const caller of callers) known.push({ ...caller, ...(await keyFor(gateway, caller)) });
  const somebody = known.find(({ caller }) => caller === 'a revoked key');
  await grant(gateway, somebody?.principal ?? '', 'files__others');
  return known;
}

type Admin = Pick<MatrixGateway['gateway'], 'admin' | 'key'>;

async function keyFor(gateway: Admin, { caller, roles, scopes, methods, networks, state }: WireCaller) {
  const service = roles.includes('service') ? { owner: 'tests', expiresInDays: 1 } : {};
  const made = await gateway.key({ name: caller, roles, scopes, methods, networks, ...service });
  if (state === 'revoked') await must(gateway.admin('POST', `/keys/${made.id}/revoke`));
  if (state === 'replaced') await must(gateway.admin('POST', `/keys/${made.id}/rotate`, { overlapMinutes: 0 }));
  if (state === 'works')
    for (const tool of ['own', 'own-write', 'own-hidden', 'unknown']) await grant(gateway, made.principal, `files__${tool}`);
  return { key: made.text, principal: made.principal };
}

const grant = (gateway: Admin, principal: string, tool: string): Promise<void> =>
  must(gateway.admin('POST', '/grants', { principal, tool }));

async function must(answer: Promise<{ readonly status: number; readonly body: unknown }>): Promise<void> {
  const { status, body } = await answer;
  if (status >= 300) throw new Error(`${status} ${JSON.stringify(body)}`);
}

async function runCaller(matrix: MatrixGateway, agent: Agent, caller: Known, cells: Cells): Promise<void> {
  for (const revision of REVISIONS) {
    const line = { agent, url: matrix.gateway.mcp, key: caller.key, revision, session: null };
    if (caller.state !== 'works') {
      await runTurnedAway(line, caller, cells);
      continue;
    }
    const own = await begun(line);
    if (own === null) {
      cells.mismatch(`${caller.caller}, ${revision}`, 'a session', 'none');
      continue;
    }
    await runTools(own, caller, cells);
    if (revision === '2025-11-25' || revision === '2026-07-28') await runServers(line, caller, cells);
    await runMethods(own, caller, cells);
  }
}

// Whoever is not known learns nothing, of whatever is asked: 401, or 405 from the door, which looks at the verb before it looks at the key.
async function runTurnedAway(line: Line, { caller }: Known, cells: Cells): Promise<void> {
  for (const row of METHODS) {
    const byDoor = row.kind === 'http' && !['GET', 'DELETE'].includes(row.method);
    cells.expect(`${caller}: ${row.method}, ${line.revision}`, await send(line, row, 1), byDoor ? '405' : '401');
    cells.refusedUnknown('mcp');
  }
  for (const object of OBJECTS) {
    cells.expect(`${caller}: ${object}, ${line.revision}`, await callTool(line, qualified(object), `${caller} ${object}`), '401');
    cells.refusedUnknown('mcp');
  }
}

const serverOf = (object: ObjectName): string => (object === 'unknown' ? 'files' : TOOLS[object].server);
const nameOf = (object: ObjectName): string => (object === 'unknown' ? 'unknown' : TOOLS[object].name);
const qualified = (object: ObjectName): string => `${serverOf(object)}__${nameOf(object)}`;

const rowOf = ({ caller }: Known) => MATRIX.find((row) => row.caller === (caller === LOCAL.caller ? 'writer' : caller));
const toolAnswers = (caller: Known): readonly string[] => {
  const row = rowOf(caller);
  return row === undefined ? [] : answersOf(row);
};

async function runTools(line: Line, caller: Known, cells: Cells): Promise<void> {
  const answers = toolAnswers(caller);
  for (const [index, object] of OBJECTS.entries()) await runTool(line, caller, object, qualified(object), answers[index] ?? '', cells);
  await runList(line, caller, cells, (object) => qualified(object));
}

async function runTool(line: Line, { caller }: Known, object: ObjectName, name: string, answer: string, cells: Cells): Promise<void> {
  const cell = `${caller}: call ${object}, ${line.revision}, ${new URL(line.url).pathname}`;
  const told = await callTool(line, name, cell);
  if (answer === 'DC') {
    cells.forwarded.add(cell);
    return cells.expect(cell, told, 'ok');
  }
  if (answer === 'D-') return cells.expect(cell, told, 'not', ['policy.method_out_of_scope']);
  cells.expect(cell, told, '--', [object === 'unknown' ? 'gateway.unknown_tool' : 'gateway.hidden_tool']);
}

/** A list is exactly what may be discovered. */
async function runList(
  line: Line,
  caller: Known,
  cells: Cells,
  name: (object: ObjectName) => string,
  server: string | null = null,
): Promise<void> {
  if (caller.methods !== null && !caller.methods.includes('tools/list')) return;
  const told = await send(line, { method: 'tools/list', kind: 'request', params: {} }, 'list');
  const cell = `${caller.caller}: list, ${line.revision}, ${new URL(line.url).pathname}`;
  cells.expect(cell, told, 'ok');
  const answers = toolAnswers(caller);
  const expected = OBJECTS.filter(
    (object, index) => answers[index]?.startsWith('D') && (server === null || serverOf(object) === server),
  ).map(name);
  const [wanted, got] = [expected.toSorted().join(' '), [...namesIn(told)].sort().join(' ')];
  if (wanted !== got) cells.mismatch(cell, wanted, got);
}

/** One server's own endpoint: there for whoever may discover anything of it. */
async function runServers(line: Line, caller: Known, cells: Cells): Promise<void> {
  const answers = toolAnswers(caller);
  for (const server of ['files', 'mail', 'off', 'nowhere']) {
    const objects = OBJECTS.filter((object) => serverOf(object) === server);
    const there = { ...line, url: `${line.url}/${server}` };
    const visible = objects.some((object) => answers[OBJECTS.indexOf(object)]?.startsWith('D'));
    if (!visible) {
      await runNoServer(there, caller, server, cells);
      continue;
    }
    const own = await begun(there);
    if (own === null) return cells.mismatch(`${caller.caller}: ${server}`, 'a session', 'none');
    for (const object of objects) await runTool(own, caller, object, nameOf(object), answers[OBJECTS.indexOf(object)] ?? '', cells);
    await runList(own, caller, cells, nameOf, server);
    if (!isModern(own)) await send(own, { method: 'DELETE', kind: 'http', params: {} }, 0);
  }
}

async function runNoServer(line: Line, { caller }: Known, server: string, cells: Cells): Promise<void> {
  const reason = server === 'nowhere' ? 'gateway.unknown_server' : 'gateway.hidden_server';
  const methods = isModern(line) ? ['server/discover', 'tools/list'] : ['initialize'];
  for (const row of METHODS.filter(({ method }) => methods.includes(method)))
    cells.expect(`${caller}: ${row.method} of ${server}, ${line.revision}`, await send(line, row, 1), 'no-path', [reason]);
  if (isModern(line))
    cells.expect(`${caller}: call of ${server}`, await callTool(line, 'read', `${caller} ${server}`), 'no-path', [reason]);
}

async function runMethods(line: Line, caller: Known, cells: Cells): Promise<void> {
  for (const row of METHODS) {
    const cell = `${caller.caller}: ${row.kind} ${row.method}, ${line.revision}`;
    const expected = methodAnswersOf(row)[REVISIONS.indexOf(line.revision)] ?? '';
    const told = await send(line, row, `${row.kind} ${row.method}`);
    if (expected === '-202') {
      cells.expect(cell, told, '202');
      cells.refusedSilently(caller.principal, row.method);
    } else if (expected === '--')
      cells.expect(cell, told, '--', [
        'gateway.unknown_prompt',
        'gateway.unknown_resource',
        'gateway.hidden_resource',
        'gateway.unknown_task',
      ]);
    else if (expected === '----') cells.expect(cell, told, '----', ['protocol.unknown_method', 'protocol.method_not_built']);
    else if (expected === '405') {
      // The door refuses a verb that no revision has before it knows who asks.
      if (!['GET', 'DELETE'].includes(row.method)) cells.refusedUnknown('mcp');
      cells.expect(cell, told, '405', ['GET', 'DELETE'].includes(row.method) ? ['http.method_not_allowed'] : []);
    } else if (!row.free && caller.methods !== null && !caller.methods.includes(row.method))
      cells.expect(cell, told, 'not', ['policy.method_out_of_scope']);
    else cells.expect(cell, told, expected);
  }
}

/** Sessions of others, in each revision that has them: the same answer as for one that never was. */
async function runSessions(matrix: MatrixGateway, agent: Agent, callers: readonly Known[], cells: Cells): Promise<void> {
  const of = (name: string): Known => callers.find(({ caller }) => caller === name) as Known;
  const [owner, other] = [of('reader'), of('all but service')];
  for (const revision of REVISIONS.filter((one) => one !== '2026-07-28')) {
    const line = (caller: Known, path = ''): Line => ({
      agent,
      url: `${matrix.gateway.mcp}${path}`,
      key: caller.key,
      revision,
      session: null,
    });
    const own = (await begun(line(owner))) as Line;
    const strange: readonly (readonly [string, Line])[] = [
      ['another principal’s', { ...line(other), session: own.session }],
      ['another endpoint’s', { ...line(owner, '/files'), session: own.session }],
      ['one that never was', { ...line(owner), session: 'A'.repeat(43) }],
      ['one that ended', await ended(line(owner))],
    ];
    for (const [what, there] of strange) await runForeign(there, what, revision, cells);
    cells.expect(`own session, ${revision}`, await send(own, { method: 'ping', kind: 'request', params: {} }, 1), 'ok');
  }
}

async function runForeign(line: Line, what: string, revision: Revision, cells: Cells): Promise<void> {
  const here = METHODS.filter(
    ({ method, kind }) => method !== 'initialize' && !['PUT', 'PATCH', 'OPTIONS'].includes(method) && kind !== undefined,
  );
  for (const row of here) {
    const told = await send(line, row, 1);
    // A session that is not the caller's is told by the transport, of a notification too.
    cells.expect(`${what} session: ${row.kind} ${row.method}, ${revision}`, told, 'no-session', ['protocol.session_unknown']);
  }
  for (const object of OBJECTS)
    cells.expect(`${what} session: ${object}, ${revision}`, await callTool(line, qualified(object), `${what} ${object}`), 'no-session', [
      'protocol.session_unknown',
    ]);
}

async function ended(line: Line): Promise<Line> {
  const own = (await begun(line)) as Line;
  await send(own, { method: 'DELETE', kind: 'http', params: {} }, 0);
  return own;
}

async function runAdmin(matrix: MatrixGateway, agent: Agent, caller: Known, cells: Cells): Promise<void> {
  for (const row of ADMIN) {
    const headers = { authorization: `Bearer ${caller.key}`, ...(row.method === 'POST' ? { 'content-type': 'application/json' } : {}) };
    const url = matrix.gateway.running.adminUrl + row.path;
    const told = await ask({ agent, url, method: row.method, headers, ...(row.method === 'POST' ? { body: '{}' } : {}) });
    const answers = adminAnswersOf(row);
    const may = caller.roles.some((role) => answers[ADMIN_ROLES.indexOf(role)] === 'yes');
    const cell = `${caller.caller}: ${row.method} ${row.path}`;
    const expected = caller.state !== 'works' ? [401, 429] : may ? [200, 400, 404] : [403];
    cells.count += 1;
    if (!expected.includes(told.status)) cells.mismatch(cell, expected.join(' or '), `${told.status} ${told.body.slice(0, 120)}`);
    if (caller.state !== 'works') cells.refusedUnknown('api');
    else if (!may) cells.refusedByApi(cell, (JSON.parse(told.body) as { error: { ref: string } }).error.ref, 'identity.role_required');
  }
}
