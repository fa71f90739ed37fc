import { setTimeout as wait } from 'node:timers/promises';
import type { JsonObject } from '../../src/contracts/json.ts';
import { type Caller, call, modern, session, type Told } from '../scenarios/wire.ts';

/** What clients of a gateway know once it is gone. */
export interface Notes {
  /** Text of each call whose answer arrived whole. */
  readonly answered: string[];
  /** Reference of each refusal whose answer arrived whole. */
  readonly refused: string[];
  /** What nobody expected, in words. */
  readonly strange: string[];
}

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
}

const SERVERS = ['local', 'remote'];
/** Long enough that some are under way at any moment, on a machine too that has much else to do. */
const SLOWEST_MS = 400;

/** Clients of both eras at once, each with one call after the other, until they are told to stop or the gateway is gone. */
export async function callConcurrently(load: Load): Promise<void> {
  const callers = SERVERS.flatMap((server) => [
    legacyCaller(load, server, '2025-06-18'),
    legacyCaller(load, server, '2025-11-25'),
    ...Array.from({ length: 5 }, (_, i) => modernCaller(load, server, i)),
  ]);
  await Promise.all([...callers, refusedCaller(load)]);
}

async function legacyCaller(load: Load, server: string, revision: string): Promise<void> {
  const inside = await session(load.caller, revision).catch(() => null);
  if (inside === null) return;
  const lanes = [0, 1].map((lane) =>
    repeat(load, `${server}.${revision}.${lane}`, (id, args) => call(inside, id, toolOf(server, args), args)),
  );
  await Promise.all(lanes);
}

const modernCaller = (load: Load, server: string, lane: number): Promise<void> =>
  repeat(load, `${server}.modern.${lane}`, (id, args) =>
    modern(load.caller, id, 'tools/call', { name: toolOf(server, args), arguments: args }),
  );

const toolOf = (server: string, args: JsonObject): string => `${server}__${args['n'] === undefined ? 'echo' : 'slow'}`;

async function repeat(
  { label, random, notes, until, restMs = 0 }: Load,
  name: string,
  send: (id: string, args: JsonObject) => Promise<Told>,
): Promise<void> {
  for (let i = 0; until(); i++) {
    const text = `${label}.${name}.${i}`;
    const told = await send(text, random() < 0.5 ? { text } : { text, n: 1 + Math.floor(random() * SLOWEST_MS) }).catch(() => null);
    if (told?.message === null || told === null) return;
    const reference = /\(ref ([0-9A-Z]{26})\)/.exec(told.body)?.[1];
    if (told.message['result'] !== undefined && reference === undefined) notes.answered.push(text);
    else notes.strange.push(`${text}: ${told.status} ${told.body.slice(0, 300)}`);
    if (restMs > 0) await wait(restMs);
  }
}

async function refusedCaller({ caller, label, notes, until }: Load): Promise<void> {
  for (let i = 0; until(); i++) {
    const told = await modern(caller, `${label}.no.${i}`, 'tools/call', { name: 'local__no_such_tool', arguments: {} }).catch(() => null);
    const reference = /\(ref ([0-9A-Z]{26})\)/.exec(told?.message ? told.body : '')?.[1];
    if (reference === undefined) return;
    notes.refused.push(reference);
    await wait(20);
  }
}
