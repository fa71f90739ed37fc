// node kill-gateway.ts [--kills 200] [--seed 1]   kills a gateway under load and prints, as JSON lines, what was lost.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { JsonObject } from '../../src/contracts/json.ts';
import { FIXTURES, toolServer, UNLIMITED } from '../scenarios/running-gateway.ts';
import { type Caller, modern } from '../scenarios/wire.ts';
import { callConcurrently, noNotes } from './callers.ts';
import { seeded } from './disk.ts';
import { commandOf, type GatewayProcess, startProcess, survivors } from './gateway-process.ts';
import { type CallRecords, readJournal } from './read-journal.ts';

/** How far calls were that kills cut off: how many kills cut at least one there. */
export interface Stages {
  /** Begun by a client, and nothing in the journal. */
  readonly beforeIntent: number;
  /** The intent is durable, and no server was asked. */
  readonly beforeForwarding: number;
  /** A server was asked, and the outcome is not durable. */
  readonly beforeOutcome: number;
  /** The outcome is durable, and the client has no answer. */
  readonly beforeAnswer: number;
}

/** What many kills came to. All but the first seven must be 0. */
export interface KillReport {
  readonly kills: number;
  /** The others fell into a start. */
  readonly underLoad: number;
  readonly stages: Stages;
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

/**
 * Kills on one data directory before a fresh one is begun: the check reads the whole journal each time. One of them, but not the first, falls into a
 * start, its recovery included, instead of into the load.
 */
const KILLS_PER_DIRECTORY = 25;
const MOST_ANSWERS = 120;
/** The reaper's two seconds between TERM and KILL, and what a busy machine adds. */
const CHILDREN_GONE_MS = 8000;

class Tally {
  kills = 0;
  underLoad = 0;
  readonly stages = { beforeIntent: 0, beforeForwarding: 0, beforeOutcome: 0, beforeAnswer: 0 };
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
    const end = Math.min(kills, begun + KILLS_PER_DIRECTORY);
    const duringStart = begun + 1 + Math.floor(random() * (end - begun - 1));
    try {
      for (let i = begun; i < end; i++) {
        await ground.round(i, i === duringStart);
        progress(JSON.stringify({ kill: i + 1, ...ground.last, problems: tally.problems.length }));
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
  readonly #notes = noNotes();
  #children: readonly number[] = [];
  #identity: { readonly key: string; readonly tools: string } | null = null;
  #everOpen = 0;
  #kill = 0;
  /** Of the last kill: what it fell into, and what it left open. */
  last = { during: '', openIntents: 0 };

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
    this.#kill = kill + 1;
    const gateway = startProcess(this.#folder, this.#order);
    const children = duringStart ? await this.#killStart(gateway) : await this.#killUnderLoad(gateway, began);
    this.#tally.kills += 1;
    await this.#checkChildren(children);
    if (gateway.errors() !== '') this.#problem(`standard error: ${gateway.errors().slice(0, 2000)}`);
    const journal = await readJournal(this.#data);
    this.last = { during: duringStart ? 'start' : 'load', openIntents: duringStart ? 0 : journal.open.size };
    if (!duringStart) this.#countUnderLoad(journal);
    this.#check(journal);
  }

  /** One start more, whose recovery closes what the last kill left open. */
  async finish(): Promise<void> {
    const gateway = startProcess(this.#folder, this.#order);
    await this.#greet(gateway);
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

  // The moment is drawn without a look at any call: so many answers after the load began to be answered, and a random time more.
  async #killUnderLoad(gateway: GatewayProcess, began: number): Promise<readonly number[]> {
    const said = await gateway.said;
    const caller = await this.#greet(gateway);
    if (caller === null || said?.ok !== true) return gateway.kill();
    this.#tally.processMs.push(Math.round(performance.now() - began));
    this.#tally.gatewayMs.push(said.startMs);
    let calling = true;
    const notes = this.#notes;
    const enough = notes.answered.length + 1 + Math.floor(this.#random() * MOST_ANSWERS);
    const { killed } = gateway;
    const load = callConcurrently({ caller, label: `k${this.#kill}`, random: this.#random, notes, until: () => calling, killed });
    let over = false;
    const ended = load.then(() => {
      over = true;
    });
    while (notes.answered.length < enough && !over) await wait(1);
    if (over) this.#problem(`every caller had stopped before the kill, after ${notes.answered.length} answers on this directory`);
    await wait(this.#random() * 30);
    const children = await gateway.kill();
    calling = false;
    await ended;
    return children;
  }

  // The same key and the same pins on every start: what the first run kept survives each kill.
  async #greet(gateway: GatewayProcess): Promise<Caller | null> {
    const said = await gateway.said;
    if (said?.ok !== true) {
      this.#problem(`it did not start: ${JSON.stringify(said)} ${gateway.errors().slice(0, 2000)}`);
      return null;
    }
    const caller = { mcp: said.mcp, key: said.key };
    const list = await modern(caller, 'greet', 'tools/list');
    const tools = `${list.status} ${list.message === null ? list.body : JSON.stringify(list.message['result'])}`;
    this.#identity ??= { key: said.key, tools };
    if (said.key !== this.#identity.key) this.#problem('the client key is not what it was before the kill');
    if (tools !== this.#identity.tools) this.#problem(`the list of tools was ${this.#identity.tools} and is ${tools}`);
    return caller;
  }

  // Checked one round later: the reaper gives them two seconds, and waiting for it after each kill would only cost time.
  async #checkChildren(children: readonly number[]): Promise<void> {
    const left = await survivors(this.#children, CHILDREN_GONE_MS);
    this.#tally.survivingChildren += left.length;
    this.#problemOf('processes of the gateway before still run', left.map(commandOf));
    this.#children = children;
  }

  #check(journal: CallRecords): void {
    if (journal.damage !== null) this.#problem(`the journal is damaged: ${journal.damage}`);
    this.#problemOf('recorded twice', journal.doubled);
    for (const line of this.#notes.strange.splice(0)) this.#problem(line);
  }

  #countUnderLoad(journal: CallRecords): void {
    const { stages } = this.#tally;
    this.#tally.underLoad += 1;
    this.#everOpen += journal.open.size;
    if (journal.open.size > 0) this.#tally.withOpenIntent += 1;
    const cut = new Set(this.#notes.sent.splice(0));
    for (const text of this.#notes.answered) cut.delete(text);
    const forwarded = new Set(this.#forwarded());
    const stageOf = (text: string): keyof Stages => {
      const outcome = journal.calls.get(text);
      if (outcome === undefined) return 'beforeIntent';
      if (outcome !== null) return 'beforeAnswer';
      return forwarded.has(text) ? 'beforeOutcome' : 'beforeForwarding';
    };
    for (const stage of new Set([...cut].map(stageOf))) stages[stage] += 1;
  }

  #count(journal: CallRecords): void {
    const tally = this.#tally;
    const { answered, refused } = this.#notes;
    const forwarded = this.#forwarded();
    const missing = [
      ...answered.filter((text) => (journal.calls.get(text) ?? 'unknown') === 'unknown'),
      ...refused.filter((reference) => !journal.refusals.has(reference)),
    ];
    const withoutIntent = forwarded.filter((text) => !journal.calls.has(text));
    tally.answered += answered.length + refused.length;
    tally.forwarded += forwarded.length;
    tally.acknowledgedMissing += missing.length;
    tally.forwardedWithoutIntent += withoutIntent.length;
    tally.forwardedTwice += forwarded.length - new Set(forwarded).size;
    tally.openIntentsNotClosed += journal.open.size + Math.abs(this.#everOpen - journal.unknown);
    this.#problemOf('acknowledged and missing', missing);
    this.#problemOf('forwarded without intent', withoutIntent);
    this.#problemOf(
      'forwarded twice',
      forwarded.filter((text, i) => forwarded.indexOf(text) !== i),
    );
    this.#problemOf('open, and not closed by the start that followed', [...journal.open.values()]);
    if (this.#everOpen !== journal.unknown)
      this.#problem(`${this.#everOpen} intents were left open and ${journal.unknown} closed as unknown`);
  }

  #forwarded(): readonly string[] {
    return ['local.log', 'remote.log'].flatMap((name) => textsOf(join(this.#folder, name)));
  }

  #problem(what: string): void {
    this.#tally.problems.push(`kill ${this.#kill}: ${what}`);
  }

  #problemOf(what: string, which: readonly string[]): void {
    if (which.length > 0) this.#problem(`${what}: ${which.length}, the first of them ${which.slice(0, 5).join(', ')}`);
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
