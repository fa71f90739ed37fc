import type cedar from '@cedar-policy/cedar-wasm/nodejs';

/** Facts of a target, beside those that every question has in its kind, by which the conditions of a policy can tell two targets apart. */
export interface IdentityRead {
  readonly server: boolean;
  readonly name: boolean;
}

const NOTHING: IdentityRead = { server: false, name: false };

/** What every question that shares an answer has in common. */
const COMPARED: Readonly<Record<string, ReadonlySet<string>>> = {
  principal: new Set(['tenant', 'purpose']),
  resource: new Set(['tenant', 'effect', 'dataClass', 'environment']),
};

/**
 * What the conditions of a policy read of who asks and of what is asked for. Null: a caller or a target by itself, or anything that is not known to be
 * harmless. Heads are not looked at: whoever asks has held them against caller and target already.
 */
export function identityRead({ conditions }: Pick<cedar.PolicyJson, 'conditions'>): IdentityRead | null {
  return conditions.reduce<IdentityRead | null>((sum, { body }) => joined(sum, readBy(body)), NOTHING);
}

const joined = (one: IdentityRead | null, other: IdentityRead | null): IdentityRead | null =>
  one === null || other === null ? null : { server: one.server || other.server, name: one.name || other.name };

function readBy(node: unknown): IdentityRead | null {
  if (Array.isArray(node)) return node.reduce<IdentityRead | null>((sum, part) => joined(sum, readBy(part)), NOTHING);
  if (typeof node !== 'object' || node === null) return NOTHING;
  const fact = factRead(node) ?? membershipRead(node);
  if (fact !== null) return fact;
  return Object.entries(node).reduce<IdentityRead | null>((sum, [key, value]) => joined(sum, memberRead(key, value)), NOTHING);
}

function memberRead(key: string, value: unknown): IdentityRead | null {
  // A string only: a record may have a field of this name.
  if (key === 'Var' && typeof value === 'string') return value === 'principal' || value === 'resource' ? null : NOTHING;
  // `Tool::"a".effect` is an error for every other tool: a literal caller or tool tells apart, whatever is asked of it.
  if (key === '__entity') return ['Role', 'Action'].includes(String(typeOf(value))) ? NOTHING : null;
  return readBy(value);
}

/** `resource.effect` and the like: `{".": {left: {Var}, attr}}`. */
function factRead(node: object): IdentityRead | null {
  const read = only(node, '.');
  const attr = read?.['attr'];
  if (typeof attr !== 'string') return null;
  const of = variable(read?.['left']);
  if (COMPARED[of]?.has(attr) === true) return NOTHING;
  if (of !== 'resource') return null;
  return attr === 'server' || attr === 'name' ? { ...NOTHING, [attr]: true } : null;
}

/** `principal in Role::"x"` and `resource in Server::"x"`. */
function membershipRead(node: object): IdentityRead | null {
  const test = only(node, 'in');
  if (test === null) return null;
  const literal = typeOf(only(only(test['right'], 'Value'), '__entity'));
  const of = variable(test['left']);
  if (of === 'principal' && literal === 'Role') return NOTHING;
  return of === 'resource' && literal === 'Server' ? { ...NOTHING, server: true } : null;
}

const variable = (node: unknown): string => {
  const name = (node as { readonly Var?: unknown } | null)?.Var;
  return typeof name === 'string' ? name : '';
};

/** The one member of a node, where it has this one and no other. */
function only(node: unknown, key: string): Readonly<Record<string, unknown>> | null {
  if (typeof node !== 'object' || node === null || Object.keys(node).length !== 1) return null;
  const value = (node as Readonly<Record<string, unknown>>)[key];
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : null;
}

const typeOf = (entity: unknown): unknown => (entity as { readonly type?: unknown } | null)?.type;
