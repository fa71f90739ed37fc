import { unplain } from '../../base/plain-text.ts';
import { failure, type Result, success } from '../../base/result.ts';
import type { Action, PolicyResource } from '../../contracts/decision.ts';
import type { JsonObject } from '../../contracts/json.ts';
import type { PolicyReason } from '../../contracts/reasons/policy.ts';
import type { PolicyDocument } from '../document.ts';
import type { DecisionInputs } from '../inputs.ts';
import { type ArgumentRecord, NO_ARGUMENTS } from './argument-type.ts';
import { checkPolicies } from './check-policies.ts';
import type { PolicyMistake, ReadPolicy } from './own-policy.ts';
import { comparable, schemaText } from './read-arguments.ts';
import { readPolicies } from './read-policies.ts';
import { type Concerning, type OwnSlice, openRules, type StandIn } from './rules.ts';

/** What the operator's own policies add to one question. */
export interface OwnAsked {
  /** By id, to stand beside what ships. */
  readonly slice: OwnSlice;
  /** The same for whoever and whatever is of the same kind. Null: the answer is for these two alone. */
  readonly shared: (OwnSlice & Pick<StandIn, 'reads'>) | null;
  /** Discovery is asked as the call that it stands for. */
  readonly action: Action;
  readonly arguments: JsonObject;
  /** As Cedar's schema language writes it; null: none are known. */
  readonly argumentsType: string | null;
  /** The arguments are not known, and policies read some: to permit is to permit for some of them. */
  readonly conditional: boolean;
  /** Where arguments are known: the same in two questions, of which only one is about them. */
  readonly halves?: { readonly steady: OwnAsked | null; readonly reading: OwnSlice };
}

export interface OwnPolicies {
  readonly policies: readonly ReadPolicy[];
  /** Whether any of them reads the time. */
  readonly timed: boolean;
  /** Tools that a policy speaks of and does not fit: nobody may call them. By qualified name. */
  readonly unfit: ReadonlyMap<string, readonly PolicyMistake[]>;
  /** Null: no policy of the operator concerns this caller and target. */
  ask(inputs: DecisionInputs): Result<OwnAsked | null, PolicyReason>;
  /** The arguments as policies compare them: what `inputs.arguments` holds. `policy.argument_not_comparable`, whose detail is for the caller. */
  compare(inputs: DecisionInputs, given: JsonObject): Result<JsonObject, PolicyReason>;
}

/** Reads the policies of a document. `policy.invalid`: one is not readable or does not fit the schema whatever it speaks of. */
export function openOwnPolicies(document: PolicyDocument): Result<OwnPolicies, PolicyReason> {
  const own = document.own ?? [];
  const policies: ReadPolicy[] = [];
  for (const { id, text, place } of own) {
    const { policies: read, mistakes } = readPolicies([{ file: place.file, text }]);
    const [policy] = read;
    if (policy === undefined || mistakes.length > 0 || read.length > 1 || policy.id !== id)
      return failure('policy.invalid', `${id}: ${mistakes[0]?.what ?? 'it is not one policy of this id'}`);
    policies.push({ ...policy, place });
  }
  if (new Set(policies.map(({ id }) => id)).size < policies.length) return failure('policy.invalid', 'two policies have one id');
  const tools = document.pins.flatMap((pin) => (pin.kind === 'tool' ? [{ ...pin, arguments: pin.arguments ?? NO_ARGUMENTS }] : []));
  const found = checkPolicies(document.schema, policies, tools);
  const general = found.find(({ tool }) => tool === null);
  if (general !== undefined) return failure('policy.invalid', `${general.mistake.policy ?? ''}: ${general.mistake.what}`);
  const unfit = new Map<string, PolicyMistake[]>();
  for (const { tool, mistake } of found) unfit.set(tool ?? '', [...(unfit.get(tool ?? '') ?? []), mistake]);
  const types = new Map(tools.map((tool) => [tool.qualifiedName, tool.arguments]));
  const asking: Asking = { unfit, types, concerningOf: openRules(policies) };
  return success({ policies, timed: policies.some(({ timed }) => timed), unfit, ask: asker(asking), compare: comparer(asking) });
}

interface Asking {
  readonly unfit: OwnPolicies['unfit'];
  readonly types: ReadonlyMap<string, ArgumentRecord>;
  readonly concerningOf: (inputs: DecisionInputs) => Concerning | null;
}

function asker({ unfit, types, concerningOf }: Asking): OwnPolicies['ask'] {
  const texts = new Map<string, string>();
  const typeTextOf = (resource: PolicyResource): string => {
    const known = texts.get(resource.qualifiedName) ?? schemaText(typeOf(types, resource));
    texts.set(resource.qualifiedName, known);
    return known;
  };
  return (inputs) => {
    const { resource, action } = inputs;
    const mistake = resource.kind === 'tool' ? unfit.get(resource.qualifiedName)?.[0] : undefined;
    if (mistake !== undefined) return failure('policy.fault', `${mistake.policy ?? ''}: ${mistake.what}`);
    const concerning = concerningOf(inputs);
    if (concerning === null) return success(null);
    if (!concerning.conditional) return success(steadily(concerning));
    if (action === 'discover' || inputs.arguments === undefined)
      return success({ ...UNKNOWN, ...slicesOf(concerning, 'loose'), conditional: action === 'call' });
    const { steady, reading } = concerning.halves();
    return success({
      ...UNKNOWN,
      slice: concerning.exact,
      shared: null,
      arguments: inputs.arguments.compared,
      argumentsType: typeTextOf(resource),
      conditional: false,
      halves: { steady: steady === null ? null : steadily(steady), reading },
    });
  };
}

const UNKNOWN = { action: 'call', arguments: {}, argumentsType: null } as const;

const steadily = (concerning: Concerning): OwnAsked => ({ ...UNKNOWN, ...slicesOf(concerning, 'exact'), conditional: false });

const slicesOf = (concerning: Concerning, form: 'exact' | 'loose'): Pick<OwnAsked, 'slice' | 'shared'> => {
  const { standIn } = concerning;
  return { slice: concerning[form], shared: standIn === null ? null : { ...standIn[form], reads: standIn.reads } };
};

function comparer({ types, concerningOf }: Asking): OwnPolicies['compare'] {
  return (inputs, given) => {
    const concerning = concerningOf(inputs);
    if (concerning?.conditional !== true) return success({});
    const compared = comparable(typeOf(types, inputs.resource), given);
    const why = compared.ok ? unplainIn(concerning, compared.value) : compared.why;
    return compared.ok && why === null ? success(compared.value) : failure('policy.argument_not_comparable', why ?? '');
  };
}

const typeOf = (types: Asking['types'], resource: PolicyResource): ArgumentRecord =>
  (resource.kind === 'tool' ? types.get(resource.qualifiedName) : undefined) ?? NO_ARGUMENTS;

/** Texts that policies compare with paths have to mean what they say; null where they do. */
function unplainIn({ policies }: Concerning, given: JsonObject): string | null {
  for (const policy of policies) {
    if (!policy.comparesPaths) continue;
    for (const path of policy.reads) {
      for (const text of textsAt(given, path)) {
        const why = unplain(text);
        if (why !== null) return `${path.join('.')}: ${why}`;
      }
    }
  }
  return null;
}

function textsAt(given: unknown, [first, ...rest]: readonly string[]): readonly string[] {
  if (first !== undefined)
    return typeof given === 'object' && given !== null && Object.hasOwn(given, first) ? textsAt((given as JsonObject)[first], rest) : [];
  if (typeof given === 'string') return [given];
  return Array.isArray(given) ? given.filter((item) => typeof item === 'string') : [];
}
