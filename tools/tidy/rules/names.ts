import { posix } from 'node:path';
import type { Finding, Project } from '../project.ts';

const NEVER = new Set(['utils', 'util', 'helpers', 'helper', 'common', 'misc', 'shared', 'manager', 'service', 'impl', 'types']);
const NEVER_IN_PART = new Set(['utils', 'util', 'helpers', 'helper', 'common', 'misc', 'manager', 'impl']);

/** A name says what is inside: drawers collect what nobody placed. */
export function names(project: Project): readonly Finding[] {
  const findings: Finding[] = [];
  for (const path of project.sources.keys()) {
    for (const segment of path.split('/')) {
      const name = segment.split('.')[0] ?? '';
      const bad = NEVER.has(name) || name.split('-').some((part) => NEVER_IN_PART.has(part));
      if (bad) findings.push({ file: path, line: 1, rule: 'names', message: `"${name}" is a drawer's name: say what is inside` });
    }
    const base = posix.basename(path);
    if (base !== base.toLowerCase() || base.includes('_')) {
      findings.push({ file: path, line: 1, rule: 'names', message: 'file names are kebab-case' });
    }
  }
  return findings;
}
