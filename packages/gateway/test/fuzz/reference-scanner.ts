/**
 * A second reading of the strict rules, written from their sentences and sharing no code with the product: its own UTF-8 decoder, a
 * recursive descent over code points, exact arithmetic on numbers. Slow, and meant to be. It keeps going after a broken rule, so that it
 * can say every reason a text may be refused for.
 */
export interface ReferenceLimits {
  readonly depth: number;
  readonly nodes: number;
  readonly keyBytes: number;
  readonly objectKeys: number;
}

export interface ReferenceVerdict {
  readonly accepted: boolean;
  readonly reasons: ReadonlySet<string>;
  readonly value: unknown;
}

class Stop extends Error {}

export function referenceVerdict(bytes: Uint8Array, limits: ReferenceLimits): ReferenceVerdict {
  const reasons = new Set<string>();
  const points = decodeUtf8(bytes);
  if (points === null) return { accepted: false, reasons: new Set(['protocol.invalid_utf8']), value: undefined };
  if (points[0] === 0xfeff) return { accepted: false, reasons: new Set(['protocol.byte_order_mark']), value: undefined };
  const reader = new Reader(points, limits, reasons);
  try {
    const value = reader.readText();
    findVariants(value, reasons);
    return { accepted: reasons.size === 0, reasons, value };
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    // Bounds are measured before validity, so what is no JSON may be refused for either.
    return {
      accepted: false,
      reasons: new Set([...reasons, 'protocol.invalid_json', 'protocol.too_deep', 'protocol.too_wide']),
      value: undefined,
    };
  }
}

/** Unicode 15 table 3-7. */
function decodeUtf8(bytes: Uint8Array): number[] | null {
  const points: number[] = [];
  for (let i = 0; i < bytes.length; ) {
    const lead = bytes[i] ?? 0;
    const length =
      lead < 0x80 ? 1 : lead >= 0xc2 && lead <= 0xdf ? 2 : lead >= 0xe0 && lead <= 0xef ? 3 : lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
    if (length === 0 || i + length > bytes.length) return null;
    let point = length === 1 ? lead : lead & (0xff >> (length + 1));
    for (let j = 1; j < length; j++) {
      const next = bytes[i + j] ?? 0;
      if ((next & 0xc0) !== 0x80) return null;
      point = point * 64 + (next & 0x3f);
    }
    const least = [0, 0, 0x80, 0x800, 0x10000][length] ?? 0;
    if (point < least || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return null;
    points.push(point);
    i += length;
  }
  return points;
}

class Reader {
  readonly #points: readonly number[];
  readonly #limits: ReferenceLimits;
  readonly #reasons: Set<string>;
  #at = 0;
  #nodes = 1;

  constructor(points: readonly number[], limits: ReferenceLimits, reasons: Set<string>) {
    this.#points = points;
    this.#limits = limits;
    this.#reasons = reasons;
  }

  readText(): unknown {
    const value = this.#readValue(0, false);
    this.#skipSpace();
    if (this.#at !== this.#points.length) throw new Stop();
    if (this.#nodes > this.#limits.nodes) this.#reasons.add('protocol.too_wide');
    return value;
  }

  #peek(): string {
    const point = this.#points[this.#at];
    return point === undefined ? '' : String.fromCodePoint(point);
  }

  #skipSpace(): void {
    while ([' ', '\t', '\n', '\r'].includes(this.#peek())) this.#at++;
  }

  #take(expected: string): void {
    for (const char of expected) {
      if (this.#peek() !== char) throw new Stop();
      this.#at++;
    }
  }

  #readValue(depth: number, underConstructor: boolean): unknown {
    this.#skipSpace();
    const char = this.#peek();
    if (char === '{') return this.#readObject(depth + 1, underConstructor);
    if (char === '[') return this.#readArray(depth + 1);
    if (char === '"') return this.#readString().text;
    for (const [word, value] of [
      ['true', true],
      ['false', false],
      ['null', null],
    ] as const) {
      if (char === word[0]) {
        this.#take(word);
        return value;
      }
    }
    return this.#readNumber();
  }

  #enter(depth: number): void {
    this.#nodes++;
    if (depth > this.#limits.depth) this.#reasons.add('protocol.too_deep');
    // The reference recurses: far beyond any limit it gives up on what it has found so far.
    if (depth > 500) throw new Stop();
  }

  #readArray(depth: number): unknown[] {
    this.#enter(depth);
    this.#take('[');
    const items: unknown[] = [];
    this.#skipSpace();
    if (this.#peek() !== ']') {
      for (;;) {
        items.push(this.#readValue(depth, false));
        this.#skipSpace();
        if (this.#peek() !== ',') break;
        this.#at++;
        this.#nodes++;
      }
    }
    this.#take(']');
    return items;
  }

  #readObject(depth: number, underConstructor: boolean): Map<string, unknown> {
    this.#enter(depth);
    this.#take('{');
    const members = new Map<string, unknown>();
    let count = 0;
    this.#skipSpace();
    if (this.#peek() !== '}') {
      for (;;) {
        this.#readMember(depth, underConstructor, members);
        count++;
        this.#skipSpace();
        if (this.#peek() !== ',') break;
        this.#at++;
        this.#nodes++;
      }
    }
    this.#take('}');
    if (count > this.#limits.objectKeys) this.#reasons.add('protocol.too_wide');
    return members;
  }

  #readMember(depth: number, underConstructor: boolean, members: Map<string, unknown>): void {
    this.#skipSpace();
    const { text: key, sourceBytes } = this.#readString();
    if (sourceBytes > this.#limits.keyBytes) this.#reasons.add('protocol.too_wide');
    if (members.has(key)) this.#reasons.add('protocol.duplicate_key');
    if (key === '__proto__' || (underConstructor && key === 'prototype')) this.#reasons.add('protocol.forbidden_key');
    this.#skipSpace();
    this.#take(':');
    members.set(key, this.#readValue(depth, key === 'constructor'));
  }

  #readString(): { readonly text: string; readonly sourceBytes: number } {
    this.#take('"');
    const units: number[] = [];
    const from = this.#at;
    while (this.#peek() !== '"') {
      const point = this.#points[this.#at];
      if (point === undefined || point < 0x20) throw new Stop();
      this.#at++;
      if (point === 0x5c) units.push(this.#readEscape());
      else if (point > 0xffff) units.push(0xd800 + ((point - 0x10000) >> 10), 0xdc00 + ((point - 0x10000) & 0x3ff));
      else units.push(point);
    }
    const sourceBytes = this.#points
      .slice(from, this.#at)
      .reduce((sum, p) => sum + (p < 0x80 ? 1 : p < 0x800 ? 2 : p < 0x10000 ? 3 : 4), 0);
    this.#at++;
    if (hasLoneSurrogate(units)) this.#reasons.add('protocol.lone_surrogate');
    return { text: units.map((unit) => String.fromCharCode(unit)).join(''), sourceBytes };
  }

  #readEscape(): number {
    const char = this.#peek();
    this.#at++;
    const simple = '"\\/bfnrt'.indexOf(char);
    if (char !== '' && simple !== -1) return '"\\/\b\f\n\r\t'.charCodeAt(simple);
    if (char !== 'u') throw new Stop();
    let unit = 0;
    for (let i = 0; i < 4; i++) {
      const digit = '0123456789abcdef'.indexOf(this.#peek().toLowerCase());
      if (this.#peek() === '' || digit === -1 || (this.#points[this.#at] ?? 0) > 0x7f) throw new Stop();
      unit = unit * 16 + digit;
      this.#at++;
    }
    return unit;
  }

  #readNumber(): number {
    let token = '';
    while (this.#peek() !== '' && '+-0123456789.eE'.includes(this.#peek())) {
      token += this.#peek();
      this.#at++;
    }
    if (!/^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/.test(token)) throw new Stop();
    if (!isKept(token)) this.#reasons.add('protocol.unsafe_number');
    return Number(token);
  }
}

function hasLoneSurrogate(units: readonly number[]): boolean {
  for (let i = 0; i < units.length; i++) {
    const unit = units[i] ?? 0;
    if (unit < 0xd800 || unit > 0xdfff) continue;
    const next = units[i + 1] ?? 0;
    if (unit >= 0xdc00 || next < 0xdc00 || next > 0xdfff) return true;
    i++;
  }
  return false;
}

interface Exact {
  readonly mantissa: bigint;
  readonly power: number;
}

function exact(token: string): Exact {
  const [mantissa = '0', power = '0'] = token.split(/[eE]/);
  const [whole = '0', fraction = ''] = mantissa.split('.');
  return { mantissa: BigInt(whole + fraction), power: Number(power) - fraction.length };
}

function isEqual(a: Exact, b: Exact): boolean {
  if (a.mantissa === 0n || b.mantissa === 0n) return a.mantissa === b.mantissa;
  const least = Math.min(a.power, b.power);
  if (Math.max(a.power, b.power) - least > 5000) return false;
  return a.mantissa * 10n ** BigInt(a.power - least) === b.mantissa * 10n ** BigInt(b.power - least);
}

/** `-0.5` splits into whole `-0`, which loses its sign as a BigInt, so the sign is put back on all digits. */
const signed = (token: string): Exact => {
  const value = exact(token.replace(/^-/, ''));
  return token.startsWith('-') ? { ...value, mantissa: -value.mantissa } : value;
};

function isKept(token: string): boolean {
  if (token.length > 1000) return false;
  const value = Number(token);
  if (!Number.isFinite(value)) return false;
  if (isEqual(signed(token), signed(`${value}`))) return true;
  return !/^-?[0-9]+$/.test(token) && isEqual(signed(token), signed(value.toExponential(16)));
}

const KEYS: Readonly<Record<string, string>> = {
  message: 'jsonrpc id method params result error',
  params:
    '_meta name arguments cursor uri ref argument context level task taskId requestId reason progressToken progress protocolVersion capabilities clientInfo notifications inputResponses requestState',
  result:
    '_meta resultType content structuredContent isError tools prompts resources resourceTemplates contents messages nextCursor ttlMs cacheScope protocolVersion capabilities serverInfo supportedVersions instructions inputRequests requestState',
  error: 'code message data',
  meta: 'progressToken io.modelcontextprotocol/protocolVersion io.modelcontextprotocol/clientCapabilities io.modelcontextprotocol/clientInfo io.modelcontextprotocol/serverInfo io.modelcontextprotocol/logLevel io.modelcontextprotocol/subscriptionId io.modelcontextprotocol/related-task',
};

function findVariants(value: unknown, reasons: Set<string>): void {
  for (const message of Array.isArray(value) ? value : [value]) {
    look(message, 'message', reasons);
    if (!(message instanceof Map)) continue;
    for (const part of ['params', 'result', 'error']) {
      const body: unknown = message.get(part);
      look(body, part, reasons);
      if (body instanceof Map) look(body.get('_meta'), 'meta', reasons);
    }
  }
}

function look(value: unknown, place: string, reasons: Set<string>): void {
  if (!(value instanceof Map)) return;
  const known = (KEYS[place] ?? '').split(' ');
  for (const key of value.keys()) {
    // Simple case folding, as the engine of regular expressions has it, and the dotless i that upper case turns into I.
    const plain = String(key).replaceAll('ı', 'i');
    if (!known.includes(String(key)) && known.some((name) => name.length === plain.length && matches(name, plain))) {
      reasons.add('protocol.case_variant_key');
    }
  }
}

const matches = (name: string, key: string): boolean => new RegExp(`^${name.replaceAll(/[./]/g, '\\$&')}$`, 'iu').test(key);
