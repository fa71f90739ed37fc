import type { Finding, Project } from '../project.ts';

const LIST = 'DEPENDENCIES.md';
const EXACT = /^\d+\.\d+\.\d+(-[\w.]+)?$/;
const ALIAS = /^npm:(@?[\w./-]+)@/;

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** What runs at an operator's is listed with a reason, version by version, and nothing is listed that does not run. */
export function dependencies(project: Project): readonly Finding[] {
  const findings: Finding[] = [];
  const listed = listedVersions(project.texts.get(LIST) ?? '');
  const found = new Set<string>();
  for (const [file, text] of project.texts) {
    if (!/^(packages\/[^/]+\/)?package\.json$/.test(file)) continue;
    const manifest = JSON.parse(text) as Manifest;
    findings.push(...unpinned(file, text, manifest));
    for (const [name, version] of Object.entries(manifest.dependencies ?? {})) {
      if (name.startsWith('@sallyport/')) continue;
      found.add(name);
      const row = listed.get(name);
      if (row?.version === version) continue;
      const message = row === undefined ? `${name} has no row in ${LIST}` : `${name} is ${version} here and ${row.version} in ${LIST}`;
      findings.push({ file, line: lineOf(text, name), rule: 'dependencies', message });
    }
  }
  for (const [name, { line }] of listed) {
    if (!found.has(name))
      findings.push({ file: LIST, line, rule: 'dependencies', message: `${name} is listed and no package depends on it` });
  }
  return findings;
}

function* unpinned(file: string, text: string, manifest: Manifest): Generator<Finding> {
  for (const group of [manifest.dependencies, manifest.devDependencies, manifest.optionalDependencies]) {
    for (const [name, version] of Object.entries(group ?? {})) {
      if (EXACT.test(version.replace(ALIAS, ''))) continue;
      yield { file, line: lineOf(text, name), rule: 'dependencies', message: `${name} is not pinned to one version: ${version}` };
    }
  }
}

/** Rows of the table under "## Runtime": a name in code marks, then a version. */
function listedVersions(text: string): ReadonlyMap<string, { readonly version: string; readonly line: number }> {
  const rows = new Map<string, { version: string; line: number }>();
  let inside = false;
  for (const [index, line] of text.split('\n').entries()) {
    if (line.startsWith('## ')) inside = line.startsWith('## Runtime');
    const [, name, version] = /^\|\s*`([^`]+)`\s*\|\s*([^|\s]+)\s*\|/.exec(line) ?? [];
    if (inside && name !== undefined && version !== undefined) rows.set(name, { version, line: index + 1 });
  }
  return rows;
}

const lineOf = (text: string, name: string): number => text.slice(0, Math.max(0, text.indexOf(`"${name}"`))).split('\n').length;
