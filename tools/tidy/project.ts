import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import ts from 'typescript';

export interface Finding {
  /** Relative to the root, with forward slashes. */
  readonly file: string;
  /** Counts from 1. */
  readonly line: number;
  readonly rule: string;
  readonly message: string;
}

/** Looks at the whole tree and says what breaks one habit. Pure: it reads nothing but the project. */
export type Rule = (project: Project) => readonly Finding[];

export interface Import {
  readonly specifier: string;
  /** The file that a relative specifier names, relative to the root; null for packages. */
  readonly target: string | null;
  readonly typeOnly: boolean;
  readonly names: readonly string[];
  readonly line: number;
}

export interface Source {
  readonly path: string;
  readonly text: string;
  readonly ast: ts.SourceFile;
  readonly imports: readonly Import[];
}

export interface Project {
  /** Every TypeScript and JavaScript file, by path. */
  readonly sources: ReadonlyMap<string, Source>;
  /** Every text file, sources included: path to content. */
  readonly texts: ReadonlyMap<string, string>;
}

const TOP = ['packages', 'tools', 'bench', 'docs', 'examples'];
const SKIPPED = new Set(['node_modules', 'dist', 'coverage', 'vectors']);
const TEXT = /\.(ts|tsx|mts|mjs|json|md|yaml)$/;
const CODE = /\.(ts|tsx|mts|mjs)$/;

export function readProject(root: string): Project {
  const texts = new Map<string, string>();
  const visit = (folder: string): void => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = posix.join(folder, entry.name);
      if (entry.isDirectory()) {
        if (!SKIPPED.has(entry.name) && !entry.name.startsWith('.') && (folder !== '' || TOP.includes(entry.name))) visit(path);
      } else if (entry.isFile() && TEXT.test(entry.name)) texts.set(path, readFileSync(join(root, path), 'utf8'));
    }
  };
  visit('');
  return projectOf(texts);
}

/** A project from texts: what a rule's own test hands it. */
export function projectOf(texts: ReadonlyMap<string, string>): Project {
  const sources = new Map<string, Source>();
  for (const [path, text] of texts) if (CODE.test(path)) sources.set(path, parse(path, text));
  return { sources, texts };
}

export const isTest = (path: string): boolean => /\.test\.ts$/.test(path) || /^packages\/[^/]+\/test\//.test(path);

/** Product code: what runs at an operator's. */
export const isProduct = (path: string): boolean => /^packages\/[^/]+\/src\//.test(path) && !isTest(path);

export function* product(project: Project): Generator<Source> {
  for (const source of project.sources.values()) if (isProduct(source.path)) yield source;
}

/** A node and all below it, in the order of the text. */
export function* nodes(root: ts.Node): Generator<ts.Node> {
  const waiting: ts.Node[] = [root];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    yield node;
    const children: ts.Node[] = [];
    ts.forEachChild(node, (child) => {
      children.push(child);
    });
    waiting.push(...children.reverse());
  }
}

export const lineOf = (ast: ts.SourceFile, node: ts.Node): number => ast.getLineAndCharacterOfPosition(node.getStart(ast)).line + 1;

export const at = (source: Source, node: ts.Node, rule: string, message: string): Finding => ({
  file: source.path,
  line: lineOf(source.ast, node),
  rule,
  message,
});

/** The text of a string literal, or of a template's fixed parts with a blank for each hole; null for other nodes. */
export function literalText(node: ts.Node): string | null {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (!ts.isTemplateExpression(node)) return null;
  return node.head.text + node.templateSpans.map((span) => ` ${span.literal.text}`).join('');
}

function parse(path: string, text: string): Source {
  const kind = path.endsWith('.tsx') ? ts.ScriptKind.TSX : undefined;
  const ast = ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true, kind);
  const imports: Import[] = [];
  for (const node of nodes(ast)) {
    const found = importOf(node);
    if (found !== null) imports.push({ ...found, target: targetOf(path, found.specifier), line: lineOf(ast, node) });
  }
  return { path, text, ast, imports };
}

function importOf(node: ts.Node): Pick<Import, 'specifier' | 'typeOnly' | 'names'> | null {
  if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
    return { specifier: node.moduleSpecifier.text, typeOnly: isTypeOnly(node.importClause), names: namesOf(node.importClause) };
  }
  if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined && ts.isStringLiteral(node.moduleSpecifier)) {
    return { specifier: node.moduleSpecifier.text, typeOnly: node.isTypeOnly, names: [] };
  }
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument) && ts.isStringLiteral(node.argument.literal)) {
    return { specifier: node.argument.literal.text, typeOnly: true, names: [] };
  }
  const [first] = ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword ? node.arguments : [];
  return first !== undefined && ts.isStringLiteralLike(first) ? { specifier: first.text, typeOnly: false, names: [] } : null;
}

function isTypeOnly(clause: ts.ImportClause | undefined): boolean {
  if (clause === undefined) return false;
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  const bindings = clause.namedBindings;
  return clause.name === undefined && bindings !== undefined && ts.isNamedImports(bindings) && bindings.elements.every((e) => e.isTypeOnly);
}

function namesOf(clause: ts.ImportClause | undefined): readonly string[] {
  const bindings = clause?.namedBindings;
  if (bindings === undefined || !ts.isNamedImports(bindings)) return clause === undefined ? [] : ['*'];
  return bindings.elements.filter((e) => !e.isTypeOnly).map((e) => (e.propertyName ?? e.name).text);
}

function targetOf(from: string, specifier: string): string | null {
  if (!specifier.startsWith('.')) return null;
  return posix.normalize(posix.join(posix.dirname(from), specifier));
}
