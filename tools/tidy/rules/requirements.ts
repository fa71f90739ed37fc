import { claimsOf, malformedClaims } from '../../requirements/claims.ts';
import { at, type Finding, isTest, literalText, nodes, type Project } from '../project.ts';

/** A test claims only requirements that exist, in the form that `npm run requirements` counts. */
export function requirements(project: Project): readonly Finding[] {
  const rows = JSON.parse(project.texts.get('docs/requirements.json') ?? '[]') as readonly { readonly id: string }[];
  const known = new Set(rows.map((row) => row.id));
  const findings: Finding[] = [];
  for (const source of project.sources.values()) {
    if (!isTest(source.path)) continue;
    for (const node of nodes(source.ast)) {
      const title = literalText(node);
      if (title === null || !title.includes('[R')) continue;
      for (const bad of malformedClaims(title)) findings.push(at(source, node, 'requirements', `not a claim: ${bad}`));
      for (const { id } of claimsOf(title)) {
        if (!known.has(id)) findings.push(at(source, node, 'requirements', `${id} is no row of docs/requirements.json`));
      }
    }
  }
  return findings;
}
