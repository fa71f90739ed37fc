import { VERBS } from '../../packages/gateway/src/admin/routes/index.ts';
import { SYSTEM_EVENTS } from '../../packages/gateway/src/main/system-events.ts';
import type { Project } from '../tidy/project.ts';
import { table } from './table.ts';

const SOURCE = 'packages/gateway/src/main/system-events.ts';

/** docs/reference/events.md: what the log calls what the gateway does by itself, and what administrators do. */
export function eventsPage(project: Project): string | null {
  if (!project.sources.has(SOURCE)) return null;
  const system = Object.entries(SYSTEM_EVENTS).map(([event, text]) => [`\`${event}\``, text]);
  const administration = VERBS.map(({ action, method, path, summary }) => [`\`${action}\``, `${method} ${path}`, summary]).toSorted(
    ([a = ''], [b = '']) => (a < b ? -1 : 1),
  );
  return `${INTRODUCTION}\n\n## What the gateway does by itself\n\n${table(['event', 'what happened'], system)}\n
## What administrators do and read\n\n${table(['event', 'request', 'what it does'], administration)}\n`;
}

const INTRODUCTION = `# Events

Records of kind \`system\` and \`administration\` carry the name of what happened (\`action\`): \`sallyport log query --kind system\` shows them. Calls have the kinds \`intent\`, \`outcome\`,
\`answer\` and \`refusal\`, and reasons instead: see reasons.md. Two more come from the log itself: \`audit.journal.opened\`, the first record of every epoch,
and \`audit.refusals.folded\`, which stands for as many refusals as its count says.
Written by \`npm run docs\` from \`${SOURCE}\` and the routes of the administration API.`;
