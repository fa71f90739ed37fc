// node kill-shared.ts [--kills 50] [--seed 1]   kills one of two gateways on one PostgreSQL, again and again, and prints what was lost.
import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { findOpen } from '../../src/audit/postgres/record-store.ts';
import { verifyTable } from '../../src/audit/postgres/verify-table.ts';
import { readHead } from '../../src/audit/postgres/writer-store.ts';
import { DEFAULT_TENANT } from '../../src/base/ids.ts';
import type { JsonObject } from '../../src/contracts/json.ts';
import type { Postgres } from '../../src/storage/index.ts';
import { callConcurrently, type Notes, noNotes } from '../faults/callers.ts';
import { seeded } from '../faults/disk.ts';
import { type GatewayProcess, startProcess } from '../faults/gateway-process.ts';
import { type CallRecords, readWith } from '../faults/read-journal.ts';
import { type PostgresServer, startPostgres } from '../fixtures/postgres-server.ts';
import { opened } from '../fixtures/postgres-store.ts';
import { FIXTURES, toolServer, UNLIMITED } from '../scenarios/running-gateway.ts';
import type { Caller } from '../scenarios/wire.ts';

/** What many kills of one of two gateways came to. All but the first four must be 0. */
export interface SharedKills {
  readonly kills: number;
  readonly withOpenIntent: number;
  readonly answered: number;
  readonly records: number;
  readonly acknowledgedMissing: number;
  /** Indexes that are there twice or left out, by the whole log's verification. */
  readonly wrongIndexes: number;
  readonly forwardedWithoutIntent: number;
  readonly forwardedTwice: number;
  readonly openIntentsNotClosed: number;
  /** Anything else that should not be, in words. */
  readonly problems: readonly string[];
}

const MOST_ANSWERS = 60;
const SETTLED_MS = 60_000;
/** Callers rest as clients do: a machine that does nothing but answer them would take minutes to start a gateway again. */
const REST_MS = 25;
const EFFECTS = { echo: 'read', slow: 'read' };
const COPIED = ['keys', 'admin.key', 'client.key', 'planted'];

/** Both gateways answer the whole time; the one that was killed is started again while the other goes on. */
export async function killShared(kills: number, seed: number, progress: (line: string) => void = () => undefined): Promise<SharedKills> {
  const ground = await Ground.open(seeded(seed));
  try {
    await ground.begin();
    for (let i = 0; i < kills; i++) progress(JSON.stringify({ kill: i + 1, ...(await ground.round(i)) }));
    return await ground.report(kills);
  } finally {
    await ground.clear();
  }
}

interface Side {
  readonly data: string;
  process: GatewayProcess | null;
  caller: Caller | null;
  load: Promise<void>;
  readonly notes: Notes;
  /** The one in which it writes now. */
  epoch: number;
}

class Ground {
  readonly #server: PostgresServer;
  readonly #url: string;
  readonly #folder: string;
  readonly #random: () => number;
  readonly #remote: ChildProcess;
  readonly #servers: readonly JsonObject[];
  readonly #sides: readonly [Side, Side];
  readonly #problems: string[] = [];
  #calling = true;
  #withOpen = 0;

  static async open(random: () => number): Promise<Ground> {
    const server = await startPostgres();
    const folder = mkdtempSync(join(tmpdir(), 'sallyport-kill-shared-'));
    const remote = spawn(process.execPath, [join(FIXTURES, 'tool-server-http.ts'), '--call-log', join(folder, 'remote.log')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const line: Buffer = await new Promise((resolve) => remote.stdout?.once('data', resolve));
    return new Ground({ server, url: await server.database(), folder, random, remote, port: Number(/:(\d+)/.exec(line.toString())?.[1]) });
  }

  private constructor(of: {
    server: PostgresServer;
    url: string;
    folder: string;
    random: () => number;
    remote: ChildProcess;
    port: number;
  }) {
    this.#server = of.server;
    this.#url = of.url;
    this.#folder = of.folder;
    this.#random = of.random;
    this.#remote = of.remote;
    const remote = { id: 'remote', transport: { kind: 'streamable-http', url: `http://127.0.0.1:${of.port}/mcp` }, effects: EFFECTS };
    this.#servers = [toolServer('local', { callLog: join(of.folder, 'local.log') }), remote];
    const side = (name: string): Side => {
      const data = join(of.folder, name);
      mkdirSync(data, { mode: 0o700 });
      return { data, process: null, caller: null, load: Promise.resolve(), notes: noNotes(), epoch: 0 };
    };
    this.#sides = [side('a'), side('b')];
  }

  async begin(): Promise<void> {
    const [a, b] = this.#sides;
    await this.#start(a);
    for (const name of COPIED) if (existsSync(join(a.data, name))) cpSync(join(a.data, name), join(b.data, name));
    await this.#start(b);
    this.#load(a, 'a');
    this.#load(b, 'b');
  }

  async round(kill: number): Promise<{ readonly answered: number; readonly open: number }> {
    const side = this.#sides[this.#random() < 0.5 ? 0 : 1];
    const { answered } = side.notes;
    const enough = answered.length + 1 + Math.floor(this.#random() * MOST_ANSWERS);
    const deadline = Date.now() + SETTLED_MS;
    while (answered.length < enough && Date.now() < deadline) await wait(1);
    await wait(this.#random() * 30);
    await side.process?.kill();
    await side.load;
    const open = await this.#openOf(side);
    if (open > 0) this.#withOpen += 1;
    await this.#start(side);
    this.#load(side, `k${kill}`);
    return { answered: this.#notes('answered').length, open };
  }

  async report(kills: number): Promise<SharedKills> {
    this.#calling = false;
    await Promise.all(this.#sides.map(({ load }) => load));
    const read = await this.#settled();
    const [answered, refused, strange] = [this.#notes('answered'), this.#notes('refused'), this.#notes('strange')];
    const forwarded = ['local.log', 'remote.log'].flatMap((name) => textsOf(join(this.#folder, name)));
    const missing = answered.filter((text) => (read.calls.get(text) ?? 'unknown') === 'unknown');
    const unrecorded = refused.filter((reference) => !read.refusals.has(reference));
    return {
      kills,
      withOpenIntent: this.#withOpen,
      answered: answered.length + refused.length,
      records: read.records,
      acknowledgedMissing: missing.length + unrecorded.length,
      wrongIndexes: read.damage === null ? 0 : 1,
      forwardedWithoutIntent: forwarded.filter((text) => !read.calls.has(text)).length,
      forwardedTwice: forwarded.length - new Set(forwarded).size,
      openIntentsNotClosed: read.open.size,
      problems: [...this.#problems, ...strange, ...(read.damage === null ? [] : [read.damage]), ...read.doubled],
    };
  }

  async clear(): Promise<void> {
    this.#calling = false;
    for (const { process } of this.#sides) await process?.kill();
    this.#remote.kill();
    await this.#server.stop();
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }

  async #start(side: Side): Promise<void> {
    const seed = { servers: this.#servers, client: { name: 'client', roles: ['writer' as const] }, grants: [] };
    side.process = startProcess(side.data, { data: side.data, settings: UNLIMITED, seed, postgres: this.#url });
    const said = await side.process.said;
    side.epoch = await this.#onDatabase(async (database) => (await readHead(database, DEFAULT_TENANT))?.epoch ?? 0);
    side.caller = said?.ok === true ? { mcp: said.mcp, key: said.key } : null;
    if (side.caller === null) this.#problems.push(`it did not start: ${JSON.stringify(said)} ${side.process.errors().slice(0, 500)}`);
  }

  #load(side: Side, label: string): void {
    const { caller, notes, process } = side;
    if (caller === null || process === null) return;
    const { killed } = process;
    side.load = callConcurrently({ caller, label, random: this.#random, notes, until: () => this.#calling, killed, restMs: REST_MS });
  }

  // What was under way at a kill is closed by the survivor, or by the next start.
  async #settled(): Promise<CallRecords> {
    const deadline = Date.now() + SETTLED_MS;
    for (;;) {
      const read = await this.#read();
      if (read.open.size === 0 || Date.now() > deadline) return read;
      await wait(500);
    }
  }

  #notes(of: keyof Notes): readonly string[] {
    return this.#sides.flatMap(({ notes }) => notes[of]);
  }

  /** Intents of the gateway that was killed which have no outcome, before anybody closes them. */
  #openOf({ epoch }: Side): Promise<number> {
    return this.#onDatabase(async (database) => (await findOpen(database, DEFAULT_TENANT, epoch, 0)).length);
  }

  async #onDatabase<T>(work: (database: Postgres) => Promise<T>): Promise<T> {
    const storage = await opened(this.#url);
    try {
      if (storage.postgres === null) throw new Error('not on PostgreSQL');
      return await work(storage.postgres);
    } finally {
      await storage.close();
    }
  }

  #read(): Promise<CallRecords> {
    return this.#onDatabase((database) => readWith(this.#sides[0].data, (note) => verifyTable(database, DEFAULT_TENANT, note)));
  }
}

const textsOf = (log: string): readonly string[] =>
  existsSync(log)
    ? readFileSync(log, 'utf8')
        .split('\n')
        .filter((line) => line !== '' && !line.includes('"cancelled"'))
        .map((line) => String((JSON.parse(line) as { arguments: { text: unknown } }).arguments.text))
    : [];

if (import.meta.main) {
  const option = (name: string, usual: number): number => {
    const at = process.argv.indexOf(`--${name}`);
    return at === -1 ? usual : Number(process.argv[at + 1]);
  };
  const report = await killShared(option('kills', 50), option('seed', 1), (line) => process.stderr.write(`${line}\n`));
  for (const [figure, value] of Object.entries(report)) process.stdout.write(`${JSON.stringify({ figure, value })}\n`);
  const { acknowledgedMissing, wrongIndexes, forwardedWithoutIntent, forwardedTwice, openIntentsNotClosed, problems } = report;
  const bad = acknowledgedMissing + wrongIndexes + forwardedWithoutIntent + forwardedTwice + openIntentsNotClosed + problems.length;
  process.exitCode = bad === 0 ? 0 : 1;
}
