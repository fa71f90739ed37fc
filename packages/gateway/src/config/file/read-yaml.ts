import { isAlias, isCollection, isMap, isPair, isScalar, isSeq, LineCounter, type Node, parseDocument, type YAMLError } from 'yaml';
import type { JsonValue } from '../../contracts/json.ts';
import { type Mistake, type Mistakes, mistake, mistakesFound, type Place } from '../mistake.ts';
import { type Path, Places } from './places.ts';

/** What a file says, and where. */
export interface ReadDocument {
  readonly value: JsonValue;
  readonly places: Places;
}

export const FILE_LIMITS = { bytes: 1_048_576, depth: 24, nodes: 50_000, aliases: 100, mistakes: 100 } as const;

const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

/** Reads YAML 1.2, of which JSON is a part: one document, keys that are text and stand once, no tags, bounded size, depth and aliases. */
export function readYaml(bytes: Uint8Array): { readonly ok: true; readonly value: ReadDocument } | Mistakes {
  if (bytes.length > FILE_LIMITS.bytes) return whole(`at most ${FILE_LIMITS.bytes} bytes, got ${bytes.length}`);
  const text = decode(bytes);
  if (text === null) return whole('UTF-8');
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    version: '1.2',
    stringKeys: true,
    uniqueKeys: true,
    strict: true,
    logLevel: 'silent',
  });
  const flaws = [...document.errors, ...document.warnings];
  if (flaws.length > 0) return mistakesFound(flaws.slice(0, FILE_LIMITS.mistakes).map(flawOf));
  const walk = new Walk(lines);
  // An empty file is the guide's values.
  const value = document.contents === null ? {} : walk.read(document.contents, [], null);
  return walk.mistakes.length > 0 ? mistakesFound(walk.mistakes) : { ok: true, value: { value: value ?? {}, places: walk.places } };
}

function decode(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

const whole = (expected: string): Mistakes => mistakesFound([mistake({ reason: 'config.unreadable', key: 'file', expected })]);

const TOLD: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: 'each key once; this one stands there twice',
  NON_STRING_KEY: 'keys that are text',
  MULTIPLE_DOCS: 'one document; take the line --- away',
  TAG_RESOLVE_FAILED: 'no tag such as !name',
  RESOURCE_EXHAUSTION: `at most ${FILE_LIMITS.depth} levels`,
};

function flawOf(flaw: YAMLError): Mistake {
  const said = flaw.message.split('\n', 1)[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? '';
  const place = flaw.linePos?.[0];
  const told = mistake({ reason: 'config.unreadable', key: 'file', expected: TOLD[flaw.code] ?? `YAML 1.2 (${said.slice(0, 200)})` });
  return { ...told, position: place === undefined ? null : { line: place.line, column: place.col } };
}

/** Turns nodes into plain values by its own hand: every step counts, also through aliases, so that a few lines cannot become gigabytes. */
class Walk {
  readonly places = new Places();
  readonly mistakes: Mistake[] = [];
  readonly #lines: LineCounter;
  readonly #anchors = new Map<string, Node>();
  #nodes = 0;
  #aliases = 0;

  constructor(lines: LineCounter) {
    this.#lines = lines;
  }

  read(node: unknown, path: Path, key: Place | null): JsonValue | undefined {
    const place = this.#place(node) ?? key ?? { line: 1, column: 1 };
    this.places.note(path, key, place);
    this.#nodes += 1;
    if (this.#nodes > FILE_LIMITS.nodes) return this.#refuse(path, place, `at most ${FILE_LIMITS.nodes} values`);
    if (path.length > FILE_LIMITS.depth) return this.#refuse(path, place, `at most ${FILE_LIMITS.depth} levels`);
    if (isAlias(node)) return this.#alias(node.source, path, place);
    // Remembered before what is inside, so that an alias in its own anchor ends at the bound of levels.
    if ((isScalar(node) || isCollection(node)) && node.anchor !== undefined) this.#anchors.set(node.anchor, node as Node);
    if (isMap(node)) return this.#map(node.items, path);
    if (isSeq(node)) return node.items.flatMap((item, index) => this.read(item, [...path, index], null) ?? []);
    if (isScalar(node)) return this.#scalar(node.value, path, place);
    return node === null ? null : this.#refuse(path, place, 'a value');
  }

  #alias(source: string, path: Path, place: Place): JsonValue | undefined {
    this.#aliases += 1;
    if (this.#aliases > FILE_LIMITS.aliases) return this.#refuse(path, place, `at most ${FILE_LIMITS.aliases} aliases`);
    const target = this.#anchors.get(source);
    return target === undefined ? this.#refuse(path, place, `an anchor &${source.slice(0, 40)} above`) : this.read(target, path, place);
  }

  #map(items: readonly unknown[], path: Path): JsonValue {
    const read: Record<string, JsonValue> = {};
    for (const item of items) {
      if (!isPair(item) || !isScalar(item.key)) continue;
      const name = String(item.key.value);
      const place = this.#place(item.key);
      if (FORBIDDEN_KEYS.has(name)) this.#refuse([...path, name], place, 'another key');
      else {
        const value = this.read(item.value, [...path, name], place);
        if (value !== undefined) read[name] = value;
      }
    }
    return read;
  }

  #scalar(value: unknown, path: Path, place: Place): JsonValue | undefined {
    if (typeof value === 'number') return Number.isFinite(value) ? value : this.#refuse(path, place, 'a finite number');
    return typeof value === 'string' || typeof value === 'boolean' || value === null
      ? value
      : this.#refuse(path, place, 'text, a number, true or false');
  }

  #place(node: unknown): Place | null {
    const range = isScalar(node) || isCollection(node) || isAlias(node) ? node.range : null;
    if (range === null || range === undefined) return null;
    const { line, col } = this.#lines.linePos(range[0]);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  }

  #refuse(path: Path, position: Place | null, expected: string): undefined {
    if (this.mistakes.length < FILE_LIMITS.mistakes)
      this.mistakes.push({ ...mistake({ reason: 'config.unreadable', key: path.join('.') || 'file', expected }), position });
    return undefined;
  }
}
