import { CORPUS, TOKENS } from './corpus.ts';

/** A small seeded generator (mulberry32): a run is repeated by its seed. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

type Random = () => number;

const below = (random: Random, n: number): number => Math.floor(random() * n);
const pick = <T>(random: Random, items: readonly T[], otherwise: T): T => items[below(random, items.length)] ?? otherwise;

const splice = (bytes: Buffer, at: number, remove: number, insert: Buffer): Buffer =>
  Buffer.concat([bytes.subarray(0, at), insert, bytes.subarray(at + remove)]);

/** Token boundaries, so that a good part of what is made stays JSON and gets past the first comma. */
function boundary(random: Random, bytes: Buffer): number {
  const start = below(random, bytes.length + 1);
  for (let i = start; i < bytes.length; i++) if (',:{}[]"'.includes(String.fromCharCode(bytes[i] ?? 0))) return random() < 0.5 ? i : i + 1;
  return start;
}

const STEPS: readonly ((random: Random, bytes: Buffer) => Buffer)[] = [
  (random, bytes) => splice(bytes, boundary(random, bytes), 0, Buffer.from(pick(random, TOKENS, ''))),
  (random, bytes) => splice(bytes, boundary(random, bytes), 0, Buffer.from(pick(random, TOKENS, ''))),
  replaceValue,
  replaceValue,
  replaceValue,
  insertMember,
  insertMember,
  insertMember,
  (random, bytes) => splice(bytes, below(random, bytes.length + 1), below(random, 4), Buffer.from(pick(random, TOKENS, ''))),
  (random, bytes) => splice(bytes, below(random, bytes.length + 1), below(random, 3), Buffer.from([below(random, 256)])),
  (random, bytes) => splice(bytes, boundary(random, bytes), 1 + below(random, 8), Buffer.alloc(0)),
  copySlice,
  changeCase,
  escapeLetter,
];

/** A number or a short word in place of one. */
function replaceValue(random: Random, bytes: Buffer): Buffer {
  const text = bytes.toString('latin1');
  const found = [...text.matchAll(/(?<=[:[,])(?:-?[0-9][0-9.eE+-]*|true|false|null|\{\}|\[\])(?=[,\]}])/g)];
  const match = found[below(random, found.length)];
  if (match === undefined) return bytes;
  const token = pick(random, TOKENS, '').replace(/,$/, '');
  const value =
    token.startsWith('"') && token.includes(':')
      ? `{${token}}`
      : random() < 0.2
        ? `[${token}]`
        : token.startsWith('\\')
          ? `"${token}"`
          : token;
  return splice(bytes, match.index, match[0].length, Buffer.from(value));
}

function insertMember(random: Random, bytes: Buffer): Buffer {
  const members = TOKENS.filter((token) => token.startsWith('"') && token.endsWith(','));
  const places = [...bytes.toString('latin1').matchAll(/\{(?=")/g)];
  const place = places[below(random, places.length)];
  return place === undefined ? bytes : splice(bytes, place.index + 1, 0, Buffer.from(pick(random, members, '')));
}

function copySlice(random: Random, bytes: Buffer): Buffer {
  const from = boundary(random, bytes);
  const to = Math.min(bytes.length, from + below(random, 60));
  return splice(bytes, boundary(random, bytes), 0, bytes.subarray(from, to));
}

const letterAt = (random: Random, bytes: Buffer): number => {
  const start = below(random, bytes.length);
  for (let i = start; i < bytes.length; i++) if (/[A-Za-z]/.test(String.fromCharCode(bytes[i] ?? 0))) return i;
  return -1;
};

function changeCase(random: Random, bytes: Buffer): Buffer {
  const at = letterAt(random, bytes);
  return at === -1 ? bytes : splice(bytes, at, 1, Buffer.from([(bytes[at] ?? 0) ^ 0x20]));
}

function escapeLetter(random: Random, bytes: Buffer): Buffer {
  const at = letterAt(random, bytes);
  return at === -1 ? bytes : splice(bytes, at, 1, Buffer.from(`\\u${(bytes[at] ?? 0).toString(16).padStart(4, '0')}`));
}

/** One input: a valid message, changed none to four times. */
export function mutant(random: Random): Buffer {
  let bytes: Buffer = Buffer.from(pick(random, CORPUS, '{}'));
  const steps = below(random, 5);
  for (let i = 0; i < steps; i++) bytes = pick(random, STEPS, (_, same) => same)(random, bytes);
  return bytes.length > 20_000 ? bytes.subarray(0, 20_000) : bytes;
}
