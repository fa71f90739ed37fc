import type { Result } from '../base/result.ts';
import type { Decision, PolicyResource } from '../contracts/decision.ts';
import type { Principal } from '../contracts/principal.ts';
import type { PolicyReason } from '../contracts/reasons/policy.ts';
import { callerOf } from './inputs.ts';

export type Answer = Result<Decision, PolicyReason>;

interface Entry {
  readonly server: string;
  readonly name: string;
  readonly effect: string;
  readonly template: string | null;
  readonly answer: Answer;
}

type Caller = Map<string, Entry>;

// Names of tools hold no space, and a prompt may have a tool's name.
const keyOf = ({ kind, qualifiedName }: PolicyResource): string => (kind === 'tool' ? qualifiedName : `${kind} ${qualifiedName}`);

/** Entries, not bytes: one is about 150 bytes, so 20,000 are 3 MB. */
export const CACHED_DECISIONS = 20_000;

/**
 * Decisions about calls under one policy version, keyed by everything of the caller that a decision reads, and the tool. It belongs to its
 * PolicySet, so a new version starts empty. When full it is emptied as a whole: simpler than LRU, and a miss costs microseconds.
 */
export class DecisionCache {
  readonly #limit: number;
  #size = 0;
  // Principals are immutable and the authenticator hands out one object per credential, so identity is the fast path; the same facts in
  // another object find the same entries through their text.
  #known = new WeakMap<Principal, Caller>();
  #callers = new Map<string, Caller>();

  constructor(limit: number = CACHED_DECISIONS) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#size;
  }

  find(principal: Principal, resource: PolicyResource): Answer | null {
    const entry = this.#callerOf(principal).get(keyOf(resource));
    if (entry === undefined) return null;
    const same = entry.effect === resource.effect && entry.server === resource.server && entry.name === resource.name;
    return same && entry.template === (resource.template ?? null) ? entry.answer : null;
  }

  keep(principal: Principal, resource: PolicyResource, answer: Answer): void {
    if (this.#size >= this.#limit) this.#empty();
    const { server, name, effect, template = null } = resource;
    this.#callerOf(principal).set(keyOf(resource), { server, name, effect, template, answer });
    this.#size += 1;
  }

  #callerOf(principal: Principal): Caller {
    const known = this.#known.get(principal);
    if (known !== undefined) return known;
    const text = JSON.stringify(callerOf(principal));
    const caller = this.#callers.get(text) ?? new Map<string, Entry>();
    // Callers count too: a flood of principals that are asked about once must not grow the table beside the entries.
    if (this.#callers.size >= this.#limit) this.#empty();
    this.#callers.set(text, caller);
    this.#known.set(principal, caller);
    return caller;
  }

  #empty(): void {
    this.#size = 0;
    this.#known = new WeakMap();
    this.#callers = new Map();
  }
}
