import type { FieldProblem } from './request.ts';

/** `8:6 team-folders: no such attribute`, one a line, as the policy room writes mistakes. */
const MISTAKE = /^(\d+:\d+(?: [a-z0-9-]+)?): (.+)$/;

/** The mistakes in a text of policies, each with its place; null where the detail is of another kind. */
export function mistakeFields(detail: string): readonly FieldProblem[] | null {
  const fields = detail.split('\n').map((line) => {
    const [, path, message] = MISTAKE.exec(line) ?? [];
    return path === undefined || message === undefined ? null : { path, message };
  });
  const found = fields.filter((field) => field !== null);
  return found.length === 0 ? null : found;
}
