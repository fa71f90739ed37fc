// npm run docs: writes every generated page that is stale, and names it.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readProject } from '../tidy/project.ts';
import { documents } from './documents.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const project = readProject(ROOT);

for (const { path, generate } of documents) {
  const text = generate(project);
  if (text === (project.texts.get(path) ?? null)) continue;
  const file = join(ROOT, path);
  mkdirSync(dirname(file), { recursive: true });
  if (text === null) rmSync(file, { force: true });
  else writeFileSync(file, text);
  process.stdout.write(`${text === null ? 'removed' : 'wrote'} ${path}\n`);
}
