import type cedar from '@cedar-policy/cedar-wasm/nodejs';

/** A policy that an operator wrote, as it stands: what is stored, and what decisions are replayed by. */
export interface OwnPolicy {
  /** Its `@id`. It stands in records, refusals and on screens. */
  readonly id: string;
  /** One policy, from its first annotation to its semicolon. */
  readonly text: string;
  readonly place: Place;
}

export interface Place {
  /** As the configuration names it; null where the policy came through the API. */
  readonly file: string | null;
  /** Of the first line of the policy, from 1. */
  readonly line: number;
}

/** The same, looked into. */
export interface ReadPolicy extends OwnPolicy {
  readonly tree: cedar.PolicyJson;
  readonly effect: 'permit' | 'forbid';
  /** What the operator wants a refused caller to read: `@message` and `@advice`. Null: nothing. */
  readonly message: string | null;
  /** Arguments that its conditions read, each as the path of its names; none: it decides without arguments. */
  readonly reads: readonly (readonly string[])[];
  /** Whether its decision depends on when it is made. */
  readonly timed: boolean;
  /** Whether it holds a text with a slash: then the texts it reads have to be written plainly. */
  readonly comparesPaths: boolean;
}

/** Something wrong in a policy, and where. */
export interface PolicyMistake {
  readonly file: string | null;
  /** Both from 1. */
  readonly line: number;
  readonly column: number;
  /** The policy's id, where it has one. */
  readonly policy: string | null;
  /** What it is, and what would be right. */
  readonly what: string;
}

export const placeText = ({ file, line }: Place): string => (file === null ? `line ${line}` : `${file}:${line}`);
