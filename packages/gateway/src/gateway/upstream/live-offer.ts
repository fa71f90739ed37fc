import type { Clock } from '../../base/clock.ts';
import { type Result, success } from '../../base/result.ts';
import type { JsonObject } from '../../contracts/json.ts';
import type { GatewayReason } from '../../contracts/reasons/gateway.ts';
import type { PinKind, TargetKind } from '../../contracts/target.ts';
import { digestItems, sameDigests } from './live-lists.ts';
import type { ListName } from './upstream.ts';

/** A server that says its list changed every millisecond is read once in this time. */
const REREAD_MS = 1000;
/** A list that cannot be read is tried again ever later, up to this. */
const RETRY_MS = 30_000;
/** How old a list of resources may be. Not every server tells of changes. */
const RESOURCES_MS = 30_000;

type Digests = ReadonlyMap<string, string>;
type Read<T> = Promise<Result<T, GatewayReason>>;

export interface LiveOfferOptions {
  readonly clock: Clock;
  read(kind: TargetKind): Read<readonly JsonObject[]>;
  /** A list changed; see `UpstreamListener.listChanged`. */
  tell(list: ListName, drifted: boolean): void;
}

interface Due {
  readonly timer: NodeJS.Timeout;
  /** Whether the server said so, or it is only not known that nothing changed. */
  said: boolean;
}

/** What a server offers in one session now, read again when the server says that it changed. No change is lost, and a flood of them is one. */
export class LiveOffer {
  readonly #options: LiveOfferOptions;
  #tools: Digests = NOTHING;
  /** Prompts and templates that were asked for, until the server says that they changed. */
  readonly #others = new Map<PinKind, { known: Digests | null; readonly reading: Read<Digests> }>();
  /** What they were before the server said so. */
  readonly #before = new Map<PinKind, Digests>();
  #resources: { readonly at: number; done: boolean; readonly reading: Read<readonly JsonObject[]> } | null = null;
  readonly #due = new Map<ListName, Due>();
  readonly #readAt = new Map<ListName, number>();
  #failures = 0;
  /** Readings of the tools that were begun, and the newest whose outcome counts. */
  #begun = 0;
  #counts = 0;
  #closed = false;

  constructor(options: LiveOfferOptions) {
    this.#options = options;
  }

  /** Reads the tools, which are always known. */
  async begin(): Promise<Result<unknown, GatewayReason>> {
    const tools = await this.#options.read('tool');
    if (tools.ok) this.#tools = digestItems('tool', tools.value);
    return tools;
  }

  peekPins(kind: PinKind): Digests | null {
    return kind === 'tool' ? this.#tools : (this.#others.get(kind)?.known ?? null);
  }

  livePins(kind: PinKind): Read<Digests> {
    if (kind === 'tool') return Promise.resolve(success(this.#tools));
    const held = this.#others.get(kind);
    if (held !== undefined) return held.reading;
    const reading = this.#options.read(kind).then((items) => {
      if (this.#others.get(kind) !== entry) return items.ok ? success(digestItems(kind, items.value)) : items;
      // What could not be read is asked for again by the next who needs it.
      if (!items.ok) this.#others.delete(kind);
      else entry.known = digestItems(kind, items.value);
      return items.ok ? success(entry.known ?? NOTHING) : items;
    });
    const entry: { known: Digests | null; readonly reading: Read<Digests> } = { known: null, reading };
    this.#others.set(kind, entry);
    return reading;
  }

  resources(page: 'first' | 'later'): Read<readonly JsonObject[]> {
    return this.#resourcesWithin(page === 'first' ? 0 : RESOURCES_MS);
  }

  async lists(uri: string | null): Read<boolean> {
    const has = (items: readonly JsonObject[]): boolean => items.some((item) => item['uri'] === uri);
    const known = await this.#resourcesWithin(RESOURCES_MS);
    if (!known.ok || has(known.value)) return known.ok ? success(true) : known;
    const again = await this.#resourcesWithin(REREAD_MS);
    return again.ok ? success(has(again.value)) : again;
  }

  /**
   * Told by the connection, as often as the server likes. The first change is looked at now; those that follow share the next look.
   * @param said false where nobody said so, but nobody would have: the stream that tells of changes was not open.
   */
  changed(list: ListName, said: boolean): void {
    const due = this.#due.get(list);
    if (due !== undefined) due.said ||= said;
    if (said || due === undefined) this.#forget(list);
    if (due === undefined) this.#lookIn(list, said, (this.#readAt.get(list) ?? Number.NEGATIVE_INFINITY) + REREAD_MS - this.#now());
  }

  close(): void {
    this.#closed = true;
    for (const { timer } of this.#due.values()) clearTimeout(timer);
    this.#due.clear();
  }

  #lookIn(list: ListName, said: boolean, wait: number): void {
    if (this.#closed) return;
    const timer = setTimeout(
      () => {
        const due = this.#due.get(list);
        this.#due.delete(list);
        this.#readAt.set(list, this.#now());
        void (list === 'tools' ? this.#readTools() : this.#look(list, due?.said === true));
      },
      Math.max(0, wait),
    );
    timer.unref();
    this.#due.set(list, { timer, said });
  }

  async #readTools(): Promise<void> {
    this.#begun += 1;
    const turn = this.#begun;
    const read = await this.#options.read('tool');
    // A slow reading that ends after a later one tells what was before that.
    if (this.#closed || turn < this.#counts) return;
    this.#counts = turn;
    this.#failures = read.ok ? 0 : this.#failures + 1;
    // A list that cannot be read offers nothing: what it was before is not known to hold any more.
    const tools = read.ok ? digestItems('tool', read.value) : NOTHING;
    if (!read.ok && !this.#due.has('tools')) this.#lookIn('tools', true, Math.min(RETRY_MS, REREAD_MS * 2 ** this.#failures));
    if (sameDigests(tools, this.#tools)) return;
    this.#tools = tools;
    this.#options.tell('tools', true);
  }

  // Single resources come and go without a pin; the templates beside them must not.
  async #look(list: Exclude<ListName, 'tools'>, said: boolean): Promise<void> {
    const kind = list === 'prompts' ? 'prompt' : 'template';
    const before = this.#before.get(kind) ?? null;
    // What nobody has asked for yet, nobody knows otherwise.
    if (!said && before === null) return;
    // Whatever came in the meantime is read by whoever asks now.
    this.#forget(list);
    const now = await this.livePins(kind);
    if (this.#closed) return;
    const drifted = !now.ok || before === null || !sameDigests(before, now.value);
    if (drifted || (said && (list === 'resources' || before === null))) this.#options.tell(list, drifted);
    if (now.ok) this.#before.set(kind, now.value);
  }

  #forget(list: ListName): void {
    if (list === 'tools') return;
    const kind = list === 'prompts' ? 'prompt' : 'template';
    const known = this.#others.get(kind)?.known ?? null;
    if (known !== null) this.#before.set(kind, known);
    this.#others.delete(kind);
    if (list === 'resources') this.#resources = null;
  }

  #resourcesWithin(ms: number): Read<readonly JsonObject[]> {
    const now = this.#now();
    const held = this.#resources;
    // Those who ask while it is being read share the answer.
    if (held !== null && (!held.done || now - held.at < ms)) return held.reading;
    const reading = this.#options.read('resource').then((items) => {
      entry.done = true;
      if (!items.ok && this.#resources === entry) this.#resources = null;
      return items;
    });
    const entry = { at: now, done: false, reading };
    this.#resources = entry;
    return reading;
  }

  #now(): number {
    return this.#options.clock.monotonic();
  }
}

const NOTHING: Digests = new Map();
