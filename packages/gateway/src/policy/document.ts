import { sha256Hex } from '../base/bytes.ts';
import type { Grant, PolicyResource } from '../contracts/decision.ts';
import type { PinKind } from '../contracts/target.ts';
import type { ArgumentRecord } from './own/argument-type.ts';
import type { OwnPolicy } from './own/own-policy.ts';
import { schemaText } from './own/read-arguments.ts';

/**
 * Everything a decision depends on besides its inputs, as plain data that can be stored: the same inputs under the same document give the
 * same decision, on another day and another release (R2-058). Lists are sorted, so equal content has one form.
 */
export interface PolicyDocument {
  readonly tenant: string;
  readonly schema: string;
  readonly policies: Readonly<Record<string, string>>;
  /** The operator's own, by id. Absent in documents of before there were any. */
  readonly own?: readonly OwnPolicy[];
  readonly grants: readonly Grant[];
  /** The approved tools, prompts and templates. Anything else is decided as unknown. */
  readonly pins: readonly PolicyPin[];
  /** Servers whose resources may be asked for, with the effect of those that no template makes. */
  readonly servers: readonly PolicyServer[];
}

/** As policies read them; empty: none. */
export interface PolicyLabels {
  readonly dataClass: string;
  readonly environment: string;
}

/** `arguments`: what policies read of a tool's, where any does. `labels`: where it has any. */
export type PolicyPin = PolicyResource & { readonly arguments?: ArgumentRecord; readonly labels?: PolicyLabels };

/** `labels`: of its resources where no template makes them. */
export type PolicyServer = Pick<PolicyResource, 'server' | 'effect'> & { readonly labels?: PolicyLabels };

/** What is known of each pin, found without making a key: lists ask for a thousand at a time. A tool and a prompt may have one name. */
export function byKindAndName<T>({ pins }: PolicyDocument, of: (pin: PolicyPin) => T): Readonly<Record<PinKind, ReadonlyMap<string, T>>> {
  const named = (kind: PinKind): ReadonlyMap<string, T> =>
    new Map(pins.flatMap((pin) => (pin.kind === kind ? [[pin.qualifiedName, of(pin)]] : [])));
  return { tool: named('tool'), prompt: named('prompt'), template: named('template') };
}

/** SHA-256, hex, over the document in one fixed order of keys. */
export function versionOf(document: PolicyDocument): string {
  return sha256Hex(JSON.stringify(ordered(document)));
}

// The order of keys is spelled out rather than taken from the object: a document read back from storage may have another.
function ordered(document: PolicyDocument): unknown {
  return [
    document.tenant,
    document.schema,
    Object.entries(document.policies).sort(byFirst),
    document.grants
      .map(({ id, principal, tool, rules }) => [id, principal, tool, ...(rules === undefined ? [] : [rulesIn(rules)])])
      .sort(byFirst),
    document.pins
      .map((pin) => [pin.qualifiedName, pin.kind, pin.server, pin.name, pin.effect, ...typeIn(pin), ...labelsIn(pin)])
      .sort(byNames),
    document.servers.map((server) => [server.server, server.effect, ...labelsIn(server)]).sort(byFirst),
    ...(document.own === undefined ? [] : [document.own.map(({ id, text, place }) => [id, text, place.file, place.line]).sort(byFirst)]),
  ];
}

const rulesIn = (rules: NonNullable<Grant['rules']>): unknown =>
  rules.map((rule) => ('below' in rule ? [rule.argument, rule.below] : [rule.argument, [...rule.oneOf]]));

const typeIn = ({ arguments: type }: PolicyPin): readonly string[] => (type === undefined ? [] : [schemaText(type), ...(type.alike ?? [])]);

// An array in an array, so that no label reads like something else.
const labelsIn = ({ labels }: { readonly labels?: PolicyLabels }): readonly (readonly string[])[] =>
  labels === undefined ? [] : [[labels.dataClass, labels.environment]];

// A tool and a prompt may have one name.
const byNames = (a: readonly unknown[], b: readonly unknown[]): number => byFirst([`${a[0]} ${a[1]}`], [`${b[0]} ${b[1]}`]);

const byFirst = (a: readonly unknown[], b: readonly unknown[]): number => (String(a[0]) < String(b[0]) ? -1 : 1);
