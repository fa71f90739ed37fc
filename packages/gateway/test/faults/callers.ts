import { setTimeout as wait } from 'node:timers/promises';
import type { JsonObject } from '../../src/contracts/json.ts';
import { type Caller, call, modern, session, type Told } from '../scenarios/wire.ts';

/** What clients of a gateway know once it is gone. */
export interface Notes {
  /** Text of each call that was begun. */
  readonly sent: string[];
  /** Text of each call whose answer arrived whole. */
  readonly answered: string[];
  /** Reference of each refusal whose answer arrived whole. */
  readonly refused: string[];
  /** What nobody expected, in words. */
  readonly strange: string[];
}

export const noNotes = (): Notes => ({ sent: [], answered: [], refused: [], strange: [] });

export interface Load {
  readonly caller: Caller;
  /** In front of every text, so that no two runs share one. */
  readonly label: string;
  readonly random: () => number;
  readonly notes: Notes;
  /** Milliseconds that each caller rests between two calls. */
  readonly restMs?: number;
  /** Whether to go on. */
  readonly until: () => boolean;
  /** Whether the gateway has been killed: what fails before that is strange. */
  readonly killed: () => boolean;
}

const SERVERS = ['local', 'remote'];
const NOT_CHECKED = 'the arguments could not be checked in time';
const SHORTEST_HOLD_MS = 400;
/** The longest that a server holds a call, in the time of one that it answers at once. */
const HOLD_IN_QUICK_CALLS = 8;

/**
 * Clients of both eras at once, each with one call after the other, until they are told to stop or the gateway is gone. Half of the calls are held by
 * their servers for a random time. It grows with what a quick call takes, so that a caller spends two thirds of its time between intent and outcome
 * on a machine of any speed, and of eighteen callers some do at any moment.
 */
export async function callConcurrently(load: Load): Promise<void> {
  const pace = new Pace(load.random);
  const callers = SERVERS.flatMap((server) => [
    legacyCaller(load, pace, server, '2025-06-18'),
    legacyCaller(load, pace, server, '2025-11-25'),
    ...Array.from({ length: 5 }, (_, i) => modernCaller(load, pace, server, i)),
  ]);
  await Promise.all([...callers, refusedCaller(load)]);
}

/** How long a quick call takes at the moment, and how long the next one is held. */
class Pace {
  readonly #random: () => number;
  #quickMs = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  quickTook(ms: number): void {
    this.#quickMs += (ms - this.#quickMs) / 8;
  }

  /** Null: answered at once. */
  holdMs(): number | null {
    if (this.#random() < 0.5) return null;
    return 1 + Math.floor(this.#random() * Math.max(SHORTEST_HOLD_MS, HOLD_IN_QUICK_CALLS * this.#quickMs));
  }
}

async function legacyCaller(load: Load, pace: Pace, server: string, revision: string): Promise<void> {
  const inside = await session(load.caller, revision).catch((error: unknown) => failed(load, `session ${revision}`, error));
  if (inside === null) return;
  const lanes = [0, 1].map((lane) =>
    repeat(load, pace, `${server}.${revision}.${lane}`, (id, args) => call(inside, id, toolOf(server, args), args)),
  );
  await Promise.all(lanes);
}

const modernCaller = (load: Load, pace: Pace, server: string, lane: number): Promise<void> =>
  repeat(load, pace, `${server}.modern.${lane}`, (id, args) =>
    modern(load.caller, id, 'tools/call', { name: toolOf(server, args), arguments: args }),
  );

const toolOf = (server: string, args: JsonObject): string => `${server}__${args['n'] === undefined ? 'echo' : 'slow'}`;

async function repeat(load: Load, pace: Pace, name: string, send: (id: string, args: JsonObject) => Promise<Told>): Promise<void> {
  const { label, notes, until, restMs = 0 } = load;
  for (let i = 0; until(); i++) {
    const text = `${label}.${name}.${i}`;
    const n = pace.holdMs();
    const began = performance.now();
    notes.sent.push(text);
    const told = await send(text, n === null ? { text } : { text, n }).catch((error: unknown) => failed(load, text, error));
    if (told === null) return;
    if (n === null) pace.quickTook(performance.now() - began);
    const reference = referenceIn(told);
    if (reference === undefined && told.message?.['result'] !== undefined) notes.answered.push(text);
    // On a machine that is busy enough the first check of arguments runs out of its time, and refuses as it should.
    else if (reference !== undefined && told.body.includes(NOT_CHECKED)) notes.refused.push(reference);
    else failed(load, text, new Error(`${told.status} ${told.body.slice(0, 300)}`));
    if (told.message === null) return;
    if (restMs > 0) await wait(restMs);
  }
}

async function refusedCaller(load: Load): Promise<void> {
  const { caller, label, notes, until } = load;
  for (let i = 0; until(); i++) {
    const id = `${label}.no.${i}`;
    const asked = modern(caller, id, 'tools/call', { name: 'local__no_such_tool', arguments: {} });
    const told = await asked.catch((error: unknown) => failed(load, id, error));
    if (told === null) return;
    const reference = referenceIn(told);
    if (reference === undefined) return void failed(load, id, new Error(`${told.status} ${told.body.slice(0, 300)}`));
    notes.refused.push(reference);
    await wait(20);
  }
}

const referenceIn = ({ message, body }: Told): string | undefined =>
  message === null ? undefined : /\(ref ([0-9A-Z]{26})\)/.exec(body)?.[1];

function failed({ notes, killed }: Load, what: string, error: unknown): null {
  const cause = error instanceof Error && error.cause !== undefined ? ` (${String(error.cause)})` : '';
  if (!killed()) notes.strange.push(`${what}: ${String(error)}${cause}`);
  return null;
}
