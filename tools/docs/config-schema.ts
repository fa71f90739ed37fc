import { fileSchema } from '../../packages/gateway/src/config/index.ts';
import type { Project } from '../tidy/project.ts';

const ROOM = 'packages/gateway/src/config/index.ts';

/** docs/reference/sallyport.schema.json: what editors check and complete `sallyport.yaml` by. */
export function configSchema(project: Project): string | null {
  return project.sources.has(ROOM) ? `${JSON.stringify(fileSchema(), null, 2)}\n` : null;
}
