import { documents } from '../../docs/documents.ts';
import type { Finding, Project } from '../project.ts';

/** Generated pages are what their generator writes today. */
export function generated(project: Project): readonly Finding[] {
  return documents.flatMap(({ path, generate }) => {
    const text = generate(project);
    const isFresh = text === null ? !project.texts.has(path) : project.texts.get(path) === text;
    return isFresh ? [] : [{ file: path, line: 1, rule: 'generated', message: 'is stale: `npm run docs` writes it' }];
  });
}
