import type { Finding, Project, Source } from '../project.ts';

/** No file reaches itself by imports, types included: a loop of types is a room that was cut in the wrong place. */
export function cycles(project: Project): readonly Finding[] {
  const done = new Set<string>();
  const findings: Finding[] = [];
  for (const start of project.sources.keys()) {
    const loop = findLoop(project, start, done);
    if (loop === null) continue;
    const [file = start] = loop;
    const line = project.sources.get(file)?.imports.find((i) => i.target === loop[1])?.line ?? 1;
    findings.push({ file, line, rule: 'cycles', message: `imports itself: ${loop.join(' -> ')}` });
  }
  return findings;
}

/** Depth first; `done` are files from which no loop is reachable, or whose loop was told. */
function findLoop(project: Project, start: string, done: Set<string>): readonly string[] | null {
  const path: string[] = [];
  const visit = (file: string): readonly string[] | null => {
    const seenAt = path.indexOf(file);
    if (seenAt >= 0) return [...path.slice(seenAt), file];
    if (done.has(file)) return null;
    path.push(file);
    for (const target of targets(project.sources.get(file))) {
      const loop = visit(target);
      if (loop !== null) return loop;
    }
    path.pop();
    done.add(file);
    return null;
  };
  const loop = visit(start);
  for (const file of path) done.add(file);
  return loop;
}

const targets = (source: Source | undefined): readonly string[] => (source?.imports ?? []).flatMap((i) => i.target ?? []);
