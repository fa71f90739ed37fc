// node kill-gateway.ts [--kills 200] [--seed 1]   kills a gateway under load and prints, as JSON lines, what was lost.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { JsonObject } from '../../src/contracts/json.ts';
import { FIXTURES, toolServer, UNLIMITED } from '../scenarios/running-gateway.ts';
import { type Caller, modern } from '../scenarios/wire.ts';
import { callConcurrently, type Notes } from './callers.ts';
import { seeded } from './disk.ts';
import { type GatewayProcess, type Said, startProcess, survivors } from './gateway-process.ts';
import { type CallRecords, readJournal } from './read-journal.ts';

/** What many kills came to. All but the first five must be 0. */
export interface KillReport {
  readonly kills: number;
  readonly withOpenIntent: number;
  readonly answered: number;
  readonly forwarded: number;
  /** Median milliseconds from the start of the process, and from the call of `startGateway`, until it listens. */
  readonly startMs: { readonly process: number; readonly gateway: number };
  readonly acknowledgedMissing: number;
  readonly forwardedWithoutIntent: number;
  readonly forwardedTwice: number;
  readonly openIntentsNotClosed: number;
  readonly survivingChildren: number;
  /** Anything else that should not be: damage, a lost key, a changed list, an unexpected answer. In words. */
  readonly problems: readonly string[];
}

/** Kills on one data directory before a fresh one is begun: the check reads the whole journal each time. */
const KILLS_PER_DIRECTORY = 25;
/** How many kills fall into a start, its recovery included, instead of into the load. */
const DURING_START = 0.05;
const MOST_ANSWERS = 120;
/** Within this the load runs, on a busy machine too: a kill that comes before the first answer is no kill under load. */
const LOADED_MS = 30_000;
/** The reaper's two seconds between TERM and KILL, and what a busy machine adds. */
const CHILDREN_GONE_MS = 8000;

class Tally {
  kills = 0;
  withOpenIntent = 0;
  answered = 0;
  forwarded = 0;
  acknowledgedMissing = 0;
  forwardedWithoutIntent = 0;
  forwardedTwice = 0;
  openIntentsNotClosed = 0;
  survivingChildren = 0;
  readonly problems: string[] = [];
  readonly processMs: number[] = [];
  readonly gatewayMs: number[] = [];

  report(): KillReport {
    const { processMs, gatewayMs, ...counts } = this;
    return { ...counts, startMs: { process: median(processMs), gateway: median(gatewayMs) } };
  }
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** Kills a whole gateway `kills` times, with real clients before it and real servers behind it that note what they were asked. */
export async function killGateway(kills: number, seed: number, progress: (line: string) => void = () => undefined): Promise<KillReport> {
  const random = seeded(seed);
  const tally = new Tally();
  for (let begun = 0; begun < kills; begun += KILLS_PER_DIRECTORY) {
    const ground = await Ground.open(random, tally);
    try {
      for (let i = begun; i < Math.min(kills, begun + KILLS_PER_DIRECTORY); i++) {
        await ground.round(i, i > begun && random() < DURING_START);
        progress(JSON.stringify({ kill: i + 1, openIntents: ground.newlyOpen, problems: tally.problems.length }));
      }
      await ground.finish();
    } finally {
      ground.clear();
    }
  }
  return tally.report();
}

/** One data directory, the HTTP server that outlives its gateways, and what is known of the calls on it. */
class Ground {
  readonly #folder: string;
  readonly #data: string;
  readonly #random: () => number;
  readonly #tally: Tally;
  readonly #remote: ChildProcess;
  readonly #order: Parameters<typeof startProcess>[1];
  readonly #notes: Notes = { answered: [], refused: [], strange: [] };
  #children: readonly number[] = [];
  #identity: string | null = null;
  #everOpen = 0;
  newlyOpen = 0;

  static async open(random: () => number, tally: Tally): Promise<Ground> {
    const folder = mkdtempSync(join(tmpdir(), 'sallyport-kill-'));
    const remote = spawn(process.execPath, [join(FIXTURES, 'tool-server-http.ts'), '--call-log', join(folder, 'remote.log')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const line: Buffer = await new Promise((resolve) => remote.stdout?.once('data', resolve));
    return new Ground({ folder, random, tally, remote, port: Number(/:(\d+)/.exec(line.toString())?.[1]) });
  }

  private constructor(of: { folder: string; random: () => number; tally: Tally; remote: ChildProcess; port: number }) {
    this.#folder = of.folder;
    this.#data = join(of.folder, 'data');
    this.#random = of.random;
    this.#tally = of.tally;
    this.#remote = of.remote;
    const remote = { id: 'remote', transport: { kind: 'streamable-http', url: `http://127.0.0.1:${of.port}/mcp` }, effects: EFFECTS };
    const servers: readonly JsonObject[] = [toolServer('local', { callLog: join(of.folder, 'local.log') }), remote];
    this.#order = { data: this.#data, settings: UNLIMITED, seed: { servers, client: { name: 'client', roles: ['writer'] }, grants: [] } };
  }

  /** Starts the gateway, loads it, kills it, and compares what the journal has with what everybody else knows. */
  async round(kill: number, duringStart: boolean): Promise<void> {
    const began = performance.now();
    const gateway = startProcess(this.#folder, this.#order);
    const children = duringStart ? await this.#killStart(gateway) : await this.#killUnderLoad(gateway, kill, began);
    this.#tally.kills += 1;
    await this.#checkChildren(children);
    if (gateway.errors() !== '') this.#tally.problems.push(gateway.errors().slice(0, 500));
    const journal = await readJournal(this.#data);
    this.newlyOpen = duringStart ? 0 : journal.open.size;
    if (this.newlyOpen > 0) this.#tally.withOpenIntent += 1;
    if (!duringStart) this.#everOpen += journal.open.size;
    this.#check(journal);
  }

  /** One start more, whose recovery closes what the last kill left open. */
  async finish(): Promise<void> {
    const gateway = startProcess(this.#folder, this.#order);
    await this.#greet(await gateway.said);
    await this.#checkChildren(await gateway.kill());
    await this.#checkChildren([]);
    const journal = await readJournal(this.#data);
    this.#check(journal);
    this.#count(journal);
  }

  clear(): void {
    this.#remote.kill();
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }

  async #killStart(gateway: GatewayProcess): Promise<readonly number[]> {
    await wait(this.#random() * 1500);
    return gateway.kill();
  }

  async #killUnderLoad(gateway: GatewayProcess, kill: number, began: number): Promise<readonly number[]> {
    const said = await gateway.said;
    const caller = await this.#greet(said);
    if (caller === null || said?.ok !== true) return gateway.kill();
    this.#tally.processMs.push(Math.round(performance.now() - began));
    this.#tally.gatewayMs.push(said.startMs);
    let calling = true;
    const notes = this.#notes;
    const enough = notes.answered.length + 1 + Math.floor(this.#random() * MOST_ANSWERS);
    const load = callConcurrently({ caller, label: `k${kill}`, random: this.#random, notes, until: () => calling });
    const deadline = Date.now() + LOADED_MS;
    while (notes.answered.length < enough && Date.now() < deadline) await wait(1);
    await wait(this.#random() * 30);
    const children = await gateway.kill();
    calling = false;
    await load;
    return children;
  }

  // The same key and the same pins on every start: what the first run kept survives each kill.
  async #greet(said: Said | null): Promise<Caller | null> {
    if (said?.ok !== true) {
      this.#tally.problems.push(`it did not start: ${JSON.stringify(said)}`);
      return null;
    }
    const caller = { mcp: said.mcp, key: said.key };
    const list = await modern(caller, 'greet', 'tools/list');
    const identity = `${said.key} ${JSON.stringify(list.message?.['result'])}`;
    this.#identity ??= identity;
    if (identity !== this.#identity) this.#tally.problems.push('the key or the list of tools is not what it was before the kill');
    return caller;
  }

  // Checked one round later: the reaper gives them two seconds, and waiting for it after each kill would only cost time.
  async #checkChildren(children: readonly number[]): Promise<void> {
    const left = await survivors(this.#children, CHILDREN_GONE_MS);
    this.#tally.survivingChildren += left.length;
    this.#children = children;
  }

  #check(journal: CallRecords): void {
    const { problems } = this.#tally;
    if (journal.damage !== null) problems.push(journal.damage);
    if (journal.doubled.length > 0) problems.push(`recorded twice: ${journal.doubled[0]}`);
    for (const line of this.#notes.strange.splice(0)) problems.push(line);
  }

  #count(journal: CallRecords): void {
    const tally = this.#tally;
    const { answered, refused } = this.#notes;
    const forwarded = ['local.log', 'remote.log'].flatMap((name) => textsOf(join(this.#folder, name)));
    tally.answered += answered.length + refused.length;
    tally.forwarded += forwarded.length;
    tally.acknowledgedMissing += answered.filter((text) => (journal.calls.get(text) ?? 'unknown') === 'unknown').length;
    tally.acknowledgedMissing += refused.filter((reference) => !journal.refusals.has(reference)).length;
    tally.forwardedWithoutIntent += forwarded.filter((text) => !journal.calls.has(text)).length;
    tally.forwardedTwice += forwarded.length - new Set(forwarded).size;
    tally.openIntentsNotClosed += journal.open.size + Math.abs(this.#everOpen - journal.unknown);
  }
}

const EFFECTS = { echo: 'read', slow: 'read' };

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
  const report = await killGateway(option('kills', 200), option('seed', 1), (line) => process.stderr.write(`${line}\n`));
  for (const [figure, value] of Object.entries(report)) process.stdout.write(`${JSON.stringify({ figure, value })}\n`);
  const { acknowledgedMissing, forwardedWithoutIntent, forwardedTwice, openIntentsNotClosed, survivingChildren, problems } = report;
  const bad = acknowledgedMissing + forwardedWithoutIntent + forwardedTwice + openIntentsNotClosed + survivingChildren + problems.length;
  process.exitCode = bad === 0 ? 0 : 1;
}
