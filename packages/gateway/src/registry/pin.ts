import type { ServerId, TenantId } from '../base/ids.ts';
import type { JsonObject } from '../contracts/json.ts';
import type { RegistryReason } from '../contracts/reasons/registry.ts';
import type { ClientNeed, Effect, PinKind, PinState } from '../contracts/target.ts';
import type { Vetted } from './schemas/index.ts';

/** One definition as a server offered it, judged. */
export interface Candidate {
  readonly definition: JsonObject;
  /** SHA-256, hex, of the definition's RFC 8785 form. */
  readonly digest: string;
  /** Seen only by clients that declare capabilities. */
  readonly needsCapability: boolean;
  /** The one capability that is enough; absent where none alone is. */
  readonly takes?: ClientNeed;
  /** Of a usable tool. Prompts and templates have none. */
  readonly schemas: Schemas | null;
  /** Why it cannot be used, or null. */
  readonly problem: Problem | null;
}

export interface Schemas {
  readonly arguments: Vetted;
  readonly result: Vetted | null;
}

export interface Problem {
  readonly reason: RegistryReason;
  readonly detail: string;
}

/** What was approved of a tool, prompt or template, or waits to be. `candidate` is the approved definition; `offered` what a changed one shows now. */
export interface Pin {
  readonly tenant: TenantId;
  readonly server: ServerId;
  readonly kind: PinKind;
  /** As the server names it; of a template its `uriTemplate`. */
  readonly name: string;
  /** Place in the server's list, so that lists keep its order. */
  readonly position: number;
  readonly state: PinState;
  /** As the operator set it; null counts as destructive. */
  readonly effect: Effect | null;
  readonly candidate: Candidate;
  readonly offered: Candidate | null;
  /** The server did not list it any more when it was last asked. */
  readonly gone: boolean;
}

export const stateOfNew = (candidate: Candidate, approved: boolean): PinState => {
  if (candidate.problem !== null) return 'quarantined';
  return approved ? 'approved' : 'pending';
};

/** What tells pins of one server apart. */
export const keyOfPin = ({ kind, name }: Pick<Pin, 'kind' | 'name'>): string => `${kind} ${name}`;
