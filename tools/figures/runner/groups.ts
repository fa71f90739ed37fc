import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Group } from './figure.ts';

/** Where groups live: a file `GROUP.ts` in one of these folders is a group. Folders and names with a dot in them are not. */
const FOLDERS = ['packages/gateway/test/figures', 'tools/figures'];

export function findGroups(root: string): ReadonlyMap<string, string> {
  const groups = new Map<string, string>();
  for (const folder of FOLDERS) {
    const names = existsSync(join(root, folder)) ? readdirSync(join(root, folder)).sort() : [];
    for (const name of names) if (/^[a-z-]+\.ts$/.test(name)) groups.set(name.slice(0, -3), join(root, folder, name));
  }
  return groups;
}

export async function loadGroup(path: string): Promise<Group> {
  const group = (await import(pathToFileURL(path).href)) as Partial<Group>;
  if (typeof group.measurements !== 'function') throw new Error('exports no function "measurements"');
  return { measurements: group.measurements };
}
