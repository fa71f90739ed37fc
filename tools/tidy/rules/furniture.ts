import { type Finding, isProduct, type Project } from '../project.ts';
import { roomOf } from './rooms.ts';

const DOMAIN_ROOMS = [
  'gateway',
  'identity',
  'policy',
  'registry',
  'vault',
  'audit',
  'inspection',
  'detection',
  'privacy',
  'compliance',
  'telemetry',
  'admin',
  'config',
];

/** Every domain room that exists has a door and a page that says what it is (DESIGN section 3). */
export function furniture(project: Project): readonly Finding[] {
  const built = new Set([...project.sources.keys()].filter(isProduct).map(roomOf));
  return DOMAIN_ROOMS.filter((room) => built.has(room)).flatMap((room) =>
    ['README.md', 'index.ts']
      .map((name) => `packages/gateway/src/${room}/${name}`)
      .filter((path) => !project.texts.has(path))
      .map((file) => ({ file, line: 1, rule: 'furniture', message: `the room ${room} lacks it` })),
  );
}
