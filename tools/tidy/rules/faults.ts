import { dependencyRows, SOURCE } from '../../docs/failure.ts';
import { declaredReasons } from '../../docs/reply-table.ts';
import type { Finding, Project } from '../project.ts';

/** The page on failures promises a reason and a test for each row: both exist. */
export function faults(project: Project): readonly Finding[] {
  const source = project.sources.get(SOURCE);
  if (source === undefined) return [];
  const known = new Set(declaredReasons(project).map(({ reason }) => reason));
  return dependencyRows(source).flatMap(({ dependency, reason, test }) => {
    const messages: string[] = [];
    if (!known.has(reason)) messages.push(`${dependency}: ${reason} is no declared reason`);
    if (!project.sources.has(test)) messages.push(`${dependency}: there is no test ${test}`);
    return messages.map((message) => ({ file: SOURCE, line: 1, rule: 'faults', message }));
  });
}
