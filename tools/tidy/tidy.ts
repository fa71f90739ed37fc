// node tools/node.mjs tools/tidy/tidy.ts: prints one line a finding; 1 when there is one.
import { fileURLToPath } from 'node:url';
import { type Finding, type Project, type Rule, readProject } from './project.ts';
import { contracts } from './rules/contracts.ts';
import { cryptography } from './rules/cryptography.ts';
import { cycles } from './rules/cycles.ts';
import { dependencies } from './rules/dependencies.ts';
import { environment } from './rules/environment.ts';
import { faults } from './rules/faults.ts';
import { furniture } from './rules/furniture.ts';
import { generated } from './rules/generated.ts';
import { names } from './rules/names.ts';
import { network } from './rules/network.ts';
import { reasons } from './rules/reasons.ts';
import { requirements } from './rules/requirements.ts';
import { rooms } from './rules/rooms.ts';
import { size } from './rules/size.ts';
import { sql } from './rules/sql.ts';
import { unfinished } from './rules/unfinished.ts';

export const RULES: readonly Rule[] = [
  rooms,
  cycles,
  size,
  names,
  furniture,
  contracts,
  sql,
  environment,
  cryptography,
  network,
  dependencies,
  reasons,
  requirements,
  unfinished,
  faults,
  generated,
];

/** Style as a test (DESIGN section 3): every finding of every rule, by file and line. */
export const tidy = (project: Project): readonly Finding[] =>
  RULES.flatMap((rule) => rule(project)).toSorted((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1));

export const printed = ({ file, line, rule, message }: Finding): string => `${file}:${line}  ${rule}: ${message}`;

export const readOwnProject = (): Project => readProject(fileURLToPath(new URL('../..', import.meta.url)));

if (import.meta.main) {
  const findings = tidy(readOwnProject());
  for (const finding of findings) process.stdout.write(`${printed(finding)}\n`);
  process.exitCode = findings.length === 0 ? 0 : 1;
}
