import { openApi } from '../../packages/gateway/src/admin/openapi.ts';
import { VERBS } from '../../packages/gateway/src/admin/routes/index.ts';
import type { Project } from '../tidy/project.ts';

const SOURCE = 'packages/gateway/src/admin/openapi.ts';

/** docs/reference/openapi.json: what the running gateway serves at /api/v1/openapi.json. */
export const openApiDocument = (project: Project): string | null =>
  project.sources.has(SOURCE) ? `${JSON.stringify(openApi(VERBS), null, 2)}\n` : null;
