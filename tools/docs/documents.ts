import type { Project } from '../tidy/project.ts';
import { configSchema } from './config-schema.ts';
import { eventsPage } from './events.ts';
import { failurePage } from './failure.ts';
import { readmeWithFigures } from './figures.ts';
import { openApiDocument } from './openapi.ts';
import { reasonsPage } from './reasons.ts';

export interface Document {
  readonly path: string;
  /** The whole text, or null where its source does not exist and the page must not either. */
  readonly generate: (project: Project) => string | null;
}

/** Every page that a program writes. `npm run docs` writes them, tidy checks that they are fresh. */
export const documents: readonly Document[] = [
  { path: 'README.md', generate: readmeWithFigures },
  { path: 'docs/reference/reasons.md', generate: reasonsPage },
  { path: 'docs/reference/sallyport.schema.json', generate: configSchema },
  { path: 'docs/reference/failure.md', generate: failurePage },
  { path: 'docs/reference/events.md', generate: eventsPage },
  { path: 'docs/reference/openapi.json', generate: openApiDocument },
];
