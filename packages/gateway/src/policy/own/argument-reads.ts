/** What the conditions of a policy do with `context`. */
export interface ArgumentReads {
  /** Paths of names below `context.arguments`, each once. */
  readonly reads: readonly (readonly string[])[];
  /** `context`, or its arguments, are taken as a whole, which no policy may do. */
  readonly whole: boolean;
}

/** Facts of the context that are not arguments. */
const FACTS = new Set(['inScope', 'methodInScope', 'time']);

export function argumentReads(node: unknown): ArgumentReads {
  const reads = new Map<string, readonly string[]>();
  let whole = false;
  visit(node, (path) => {
    if (path === null) whole = true;
    else if (path.length > 0) reads.set(JSON.stringify(path), path);
  });
  return { reads: [...reads.values()], whole };
}

/** Whether anything under the node reads an argument, or might. */
export function readsArguments(node: unknown): boolean {
  let any = false;
  visit(node, () => {
    any = true;
  });
  return any;
}

/** Tells each reading of an argument: its path, or null where it is the whole record. `context has arguments` is the empty path. */
function visit(node: unknown, tell: (path: readonly string[] | null) => void): void {
  if (Array.isArray(node)) {
    for (const each of node) visit(each, tell);
    return;
  }
  if (!isRecord(node)) return;
  const chain = chainOf(node);
  if (chain !== null) {
    const [first, ...rest] = chain;
    if (first === undefined) tell(null);
    else if (!FACTS.has(first)) tell(first !== 'arguments' || rest.length === 0 ? null : rest);
    return;
  }
  const has = hasOf(node);
  if (has !== null) {
    if (has[0] === 'arguments') tell(has.slice(1));
    else if (has[0] === undefined || !FACTS.has(has[0])) tell(null);
    return;
  }
  for (const value of Object.values(node)) visit(value, tell);
}

/** The names after `context` where the node is a chain of accesses that begins there. */
function chainOf(node: unknown): readonly string[] | null {
  if (!isRecord(node)) return null;
  if (Object.keys(node).length === 1 && node['Var'] === 'context') return [];
  const access = node['.'];
  if (Object.keys(node).length !== 1 || !isRecord(access) || typeof access['attr'] !== 'string') return null;
  const below = chainOf(access['left']);
  return below === null ? null : [...below, access['attr']];
}

/** The same for `X has NAME`, whose attribute may be a chain of names too. */
function hasOf(node: Readonly<Record<string, unknown>>): readonly string[] | null {
  const has = node['has'];
  if (Object.keys(node).length !== 1 || !isRecord(has)) return null;
  const below = chainOf(has['left']);
  const attr: unknown = has['attr'];
  const names = typeof attr === 'string' ? [attr] : Array.isArray(attr) && attr.every((name) => typeof name === 'string') ? attr : null;
  return below === null || names === null ? null : [...below, ...names];
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
