import { declaredReasons, replyRows } from '../../docs/reply-table.ts';
import type { Finding, Project } from '../project.ts';

/** Every way to fail has an answer. The compiler says so too; this one says it where the reason is declared. */
export function reasons(project: Project): readonly Finding[] {
  const rows = replyRows(project);
  if (rows === null) return [];
  const answered = new Set(rows.map((row) => row.reason));
  const findings: Finding[] = [];
  for (const { reason, file, line } of declaredReasons(project)) {
    if (!answered.has(reason)) findings.push({ file, line, rule: 'reasons', message: `${reason} has no row in gateway/reply.ts` });
    if (reason.split('.')[0] !== file.replace(/^.*\/|\.ts$/g, '')) {
      findings.push({ file, line, rule: 'reasons', message: `${reason} stands in another room's file` });
    }
  }
  return findings;
}
