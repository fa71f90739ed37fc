import type cedar from '@cedar-policy/cedar-wasm/nodejs';
import { sha256Hex } from '../../base/bytes.ts';
import type { PolicyResource } from '../../contracts/decision.ts';
import { type FactsRead, factsRead } from '../facts-read.ts';
import type { DecisionInputs } from '../inputs.ts';
import type { CedarPolicies } from '../preparsed.ts';
import { callerStanding, standingOf } from '../standing.ts';
import { mayConcernCaller, mayConcernTarget } from './heads.ts';
import { type IdentityRead, identityRead } from './identity-read.ts';
import type { ReadPolicy } from './own-policy.ts';
import { withoutArguments } from './without-arguments.ts';

/** The operator's policies that may concern one caller and one target: one object for each set of them. */
export interface Concerning {
  readonly policies: readonly ReadPolicy[];
  /** Whether any of them reads arguments. */
  readonly conditional: boolean;
  /** As they stand. */
  readonly exact: OwnSlice;
  /** As they stand while the arguments are not known. */
  readonly loose: OwnSlice;
  /** The same without their heads, which these callers and targets fit, so that others of the same kind share the answer. Null: they cannot. */
  readonly standIn: StandIn | null;
  /** The same in two, as what Cedar decides by each of two sets of policies says what it decides by both. */
  readonly halves: () => Halves;
}

export interface Halves {
  /** Those that read no arguments; null: none. */
  readonly steady: Concerning | null;
  /** Those that do. */
  readonly reading: OwnSlice;
}

/** Policies with what Cedar holds them under. */
export interface OwnSlice {
  /** SHA-256, hex. */
  readonly content: string;
  readonly policies: CedarPolicies;
  readonly facts: FactsRead;
}

export interface StandIn {
  /** What two targets have to have in common besides their kind. */
  readonly reads: IdentityRead;
  readonly exact: OwnSlice;
  readonly loose: OwnSlice;
}

interface Rule {
  readonly index: number;
  readonly policy: ReadPolicy;
  readonly loose: cedar.PolicyJson;
  readonly reads: IdentityRead | null;
}

/** Finds them. Remembered by target: a caller is asked about the same tools again and again. */
export function openRules(policies: readonly ReadPolicy[]): (inputs: DecisionInputs) => Concerning | null {
  if (policies.length === 0) return () => null;
  const rules = policies.map((policy, index): Rule => {
    // The one attribute name that would hide what is under it from whoever walks the tree.
    const reads = policy.text.includes('__proto__') ? null : identityRead(policy.tree);
    return { index, policy, loose: withoutArguments(policy.tree), reads };
  });
  const onTarget = finder(rules);
  const sets = new Map<string, Concerning>();
  return ({ principal, resource }) => {
    const candidates = onTarget(resource);
    if (candidates.length === 0) return null;
    const caller = callerStanding(principal);
    const found = candidates.filter(({ policy }) => mayConcernCaller(policy, caller));
    if (found.length === 0) return null;
    const key = found.map(({ index }) => index).join();
    const known = sets.get(key);
    if (known !== undefined) return known;
    const made = concerningOf(found);
    if (sets.size >= MOST_SETS) sets.clear();
    sets.set(key, made);
    return made;
  };
}

const MOST_TARGETS = 10_000;
/** Sets of policies that concern somebody and something; a small one is 1 KB. */
const MOST_SETS = 4096;

function finder(rules: readonly Rule[]): (resource: PolicyResource) => readonly Rule[] {
  const byTarget = new Map<string, readonly Rule[]>();
  return (resource) => {
    const key = `${resource.kind} ${resource.server} ${resource.qualifiedName} ${resource.template ?? ''}`;
    const known = byTarget.get(key);
    if (known !== undefined) return known;
    const standing = standingOf(resource);
    const found = rules.filter(({ policy }) => mayConcernTarget(policy, standing));
    // Tools are bounded; resources are named by their callers.
    if (byTarget.size >= MOST_TARGETS) byTarget.clear();
    byTarget.set(key, found);
    return found;
  };
}

function concerningOf(rules: readonly Rule[]): Concerning {
  const sliceOf = (some: readonly Rule[], of: (rule: Rule) => cedar.PolicyJson | string): OwnSlice => {
    const policies = Object.fromEntries(some.map((rule) => [rule.policy.id, of(rule)]));
    return { content: sha256Hex(JSON.stringify(policies)), policies, facts: factsRead(some.map(({ policy }) => policy.text)) };
  };
  const reads = rules.reduce<IdentityRead | null>((sum, rule) => joined(sum, rule.reads), { server: false, name: false });
  const [reading, steady] = partition(rules, ({ policy }) => policy.reads.length > 0);
  return {
    policies: rules.map(({ policy }) => policy),
    conditional: reading.length > 0,
    exact: sliceOf(rules, ({ policy }) => policy.text),
    loose: sliceOf(rules, ({ loose }) => loose),
    standIn:
      reads === null
        ? null
        : {
            reads,
            exact: sliceOf(rules, ({ policy }) => headless(policy.tree)),
            loose: sliceOf(rules, ({ loose }) => headless(loose)),
          },
    halves: once(() => ({
      steady: steady.length === 0 ? null : concerningOf(steady),
      reading: sliceOf(reading, ({ policy }) => policy.text),
    })),
  };
}

function partition<T>(all: readonly T[], is: (one: T) => boolean): readonly [readonly T[], readonly T[]] {
  return [all.filter(is), all.filter((one) => !is(one))];
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

const joined = (one: IdentityRead | null, other: IdentityRead | null): IdentityRead | null =>
  one === null || other === null ? null : { server: one.server || other.server, name: one.name || other.name };

const headless = (tree: cedar.PolicyJson): cedar.PolicyJson => ({ ...tree, principal: { op: 'All' }, resource: { op: 'All' } });
