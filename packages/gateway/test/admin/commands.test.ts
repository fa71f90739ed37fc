import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { VerbName } from '../../src/admin/access.ts';
import type { Checking } from '../../src/cli/commands/check.ts';
import type { PrintingClients } from '../../src/cli/commands/clients.ts';
import type { Connecting } from '../../src/cli/commands/connect.ts';
import type { Initialising } from '../../src/cli/commands/init.ts';
import type { Starting } from '../../src/cli/commands/serve.ts';
import { CommandError } from '../../src/cli/exit.ts';
import { programOf } from '../../src/cli/program.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import type { JsonObject } from '../../src/contracts/json.ts';
import { startGateway } from '../../src/main.ts';
import { startTestGateway, type TestGateway } from '../scenarios/running-gateway.ts';
import { verbOf } from './session.ts';

const REF = '01JB0000000000000000000000';

/** What each command asks of the API, by its first verb; `null`: it starts the gateway or asks nothing of one that runs. */
const COMMANDS: Readonly<Record<string, { readonly verb: VerbName; readonly args: readonly string[] } | null>> = {
  demo: null,
  serve: null,
  check: null,
  init: null,
  connect: null,
  clients: null,
  doctor: { verb: 'status.show', args: [] },
  'keys create': { verb: 'keys.create', args: ['ann', '--role', 'reader', '--scope', '*/*'] },
  'keys list': { verb: 'keys.list', args: [] },
  'keys revoke': { verb: 'keys.revoke', args: ['key_none'] },
  'keys rotate': { verb: 'keys.rotate', args: ['key_none'] },
  'servers list': { verb: 'servers.list', args: [] },
  'servers show': { verb: 'servers.show', args: ['none'] },
  'servers add': { verb: 'servers.register', args: ['FILE'] },
  'servers approve': { verb: 'servers.approve', args: ['none', 'tool'] },
  'servers refresh': { verb: 'servers.refresh', args: ['none'] },
  // It looks first, because it changes only what its flags name.
  'servers label': { verb: 'servers.show', args: ['none', '--data-class', 'public'] },
  'servers limit': { verb: 'servers.show', args: ['none', '--in-flight', '2'] },
  'servers remove': { verb: 'servers.remove', args: ['none'] },
  'tenants create': { verb: 'tenants.create', args: ['acme', 'Acme'] },
  'tenants list': { verb: 'tenants.list', args: [] },
  'tenants key': { verb: 'tenants.key', args: ['none', 'first'] },
  'tenants register': { verb: 'tenants.register', args: ['none', 'FILE'] },
  'grants add': { verb: 'grants.add', args: ['nobody', 'none__tool'] },
  'grants list': { verb: 'grants.list', args: [] },
  'grants report': { verb: 'grants.report', args: ['--days', '7'] },
  'grants remove': { verb: 'grants.remove', args: ['none'] },
  'policies list': { verb: 'policies.list', args: [] },
  'policies show': { verb: 'policies.show', args: ['none'] },
  'policies add': { verb: 'policies.add', args: ['FILE'] },
  'policies check': null,
  'policies test': null,
  'policies explain': { verb: 'policies.explain', args: ['--principal', 'nobody', '--tool', 'none__tool'] },
  'policies replay': { verb: 'policies.replay', args: ['FILE'] },
  'policies remove': { verb: 'policies.remove', args: ['none'] },
  'log tail': { verb: 'log.follow', args: [] },
  'log show': { verb: 'log.show', args: [REF] },
  'log query': { verb: 'log.query', args: [] },
  'log verify': { verb: 'log.verify', args: [] },
  'config history': { verb: 'config.history', args: [] },
  'config show': { verb: 'config.show', args: ['1'] },
  'config diff': { verb: 'config.diff', args: ['1', '1'] },
  'config verify': { verb: 'config.verify', args: [] },
  'config reload': { verb: 'config.reload', args: [] },
  'config revert': { verb: 'config.revert', args: ['999'] },
  'config accept': { verb: 'config.accept', args: [] },
  status: { verb: 'status.show', args: [] },
};

const quiet: Terminal = {
  screen: { width: null, color: false },
  json: true,
  print: () => undefined,
  printJson: () => undefined,
  tell: () => undefined,
};

const program = (words?: readonly string[]): Promise<Command> =>
  programOf(
    {
      version: '0',
      out: () => undefined,
      err: () => undefined,
      surroundings: { terminalFor: () => quiet, now: () => Date.now(), adding: { env: {}, cwd: tmpdir(), ask: null } },
      // The commands that start a gateway are listed and never run here.
      starting: { terminalFor: () => quiet, startGateway: async () => startGateway } as unknown as Starting,
      checking: { terminalFor: () => quiet } as unknown as Checking,
      connecting: {} as Connecting,
      printing: {} as PrintingClients,
      initialising: {} as Initialising,
      examining: {
        terminalFor: () => quiet,
        now: () => Date.now(),
        absolute: resolve,
        uid: 0,
        node: 'v26.0.0',
        foundSomething: () => undefined,
      },
    },
    words,
  );

const leaves = (command: Command, path: readonly string[] = []): readonly string[] =>
  command.commands.flatMap((child) => {
    const own = [...path, child.name()];
    return child.commands.length > 0 ? leaves(child, own) : [own.join(' ')];
  });

let gateway: TestGateway;
let global: readonly string[];
let principal: string;
const under: Promise<unknown>[] = [];

beforeAll(async () => {
  gateway = await startTestGateway();
  const made = await gateway.key({ name: 'commands', roles: ['admin', 'auditor'] });
  principal = made.principal;
  const keyFile = join(gateway.data, 'commands.key');
  writeFileSync(keyFile, `${made.text}\n`, { mode: 0o600 });
  global = ['--url', gateway.running.adminUrl, '--key-file', keyFile, '--json'];
});
afterAll(async () => {
  await gateway.stop();
  await Promise.allSettled(under);
});

const refused = (error: unknown): void => {
  if (!(error instanceof CommandError)) throw error;
};

/** What was recorded of this key's requests since then, by the names of their events. */
async function recorded(since: number): Promise<readonly string[]> {
  const page = await gateway.admin('GET', `/log?principal=${principal}&since=${since}&limit=50`);
  return (page.body['items'] as readonly JsonObject[]).map((item) => String((item['record'] as JsonObject)['action']));
}

describe('the command line', () => {
  it('has no command that this table does not know', async () => {
    expect(leaves(await program()).toSorted()).toEqual(Object.keys(COMMANDS).toSorted());
  });

  it.each(Object.entries(COMMANDS).flatMap(([command, asked]) => (asked === null ? [] : [[command, asked] as const])))(
    '%s does what it does through a documented verb, as the log shows',
    async (command, { verb, args }) => {
      const file = join(tmpdir(), `sallyport-commands-${process.pid}.json`);
      writeFileSync(file, JSON.stringify({ id: 'none', transport: { kind: 'stdio', launch: { command: '/nowhere/at/all' } } }));
      const since = Date.now();
      const argv = [...global, ...command.split(' '), ...args.map((arg) => (arg === 'FILE' ? file : arg))];
      const ended = program(argv)
        .then((made) => made.parseAsync(argv, { from: 'user' }))
        .catch(refused);
      // Following ends with the gateway only.
      if (verb === 'log.follow') under.push(ended);
      else await ended;
      const { action } = verbOf(verb);
      await expect.poll(() => recorded(since), { timeout: 15_000 }).toContain(action);
    },
  );
});
