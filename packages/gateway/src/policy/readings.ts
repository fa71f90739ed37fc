import cedar from '@cedar-policy/cedar-wasm/nodejs';
import type { PolicyDocument } from './document.ts';

/**
 * Whether any policy can tell one caller from another with the same roles and tenant, or one tool from another with the same effect. Where
 * none can, those share their decision. Everything that is not known to be harmless counts as telling them apart.
 */
export function namesSomebody(policies: PolicyDocument['policies']): boolean {
  return Object.values(policies).some((text) => {
    // The one attribute name that would hide what is under it from the walk below.
    if (text.includes('__proto__')) return true;
    const parsed = cedar.policyToJson(text);
    if (parsed.type === 'failure') return true;
    const { principal, resource, conditions } = parsed.json;
    return !isPlainPrincipal(principal) || !isPlainResource(resource) || conditions.some(({ body }) => readsIdentity(body));
  });
}

const isPlainPrincipal = (scope: cedar.PrincipalConstraint): boolean =>
  scope.op === 'All' || (scope.op === 'in' && 'entity' in scope && isRole(scope.entity));

const isPlainResource = (scope: cedar.ResourceConstraint): boolean => scope.op === 'All';

/** The facts by which callers and tools are compared: reading these, and no others, tells no two of them apart that share a decision. */
const COMPARED: Readonly<Record<string, ReadonlySet<string>>> = {
  principal: new Set(['tenant']),
  resource: new Set(['tenant', 'effect']),
};

function readsIdentity(node: unknown): boolean {
  if (Array.isArray(node)) return node.some(readsIdentity);
  if (typeof node !== 'object' || node === null) return false;
  if (isComparedFact(node) || isRoleTest(node)) return false;
  return Object.entries(node).some(([key, value]) => {
    // A string only: a record may have a field of this name.
    if (key === 'Var' && typeof value === 'string') return value === 'principal' || value === 'resource';
    // `Tool::"a".effect` is an error for every other tool: a literal caller or tool tells apart, whatever is asked of it.
    if (key === '__entity') return !isRole(value) && !isAction(value);
    return readsIdentity(value);
  });
}

/** `resource.effect` and the like: `{".": {left: {Var}, attr}}`. */
function isComparedFact(node: object): boolean {
  const read = only(node, '.');
  return typeof read?.['attr'] === 'string' && COMPARED[variable(read['left'])]?.has(read['attr']) === true;
}

/** `principal in Role::"x"`. */
function isRoleTest(node: object): boolean {
  const test = only(node, 'in');
  if (test === null || variable(test['left']) !== 'principal') return false;
  const literal = only(only(test['right'], 'Value'), '__entity');
  return isRole(literal);
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
const isRole = (entity: unknown): boolean => typeOf(entity) === 'Role';
const isAction = (entity: unknown): boolean => typeOf(entity) === 'Action';
