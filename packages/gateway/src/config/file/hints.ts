import { type Mistake, mistake } from '../mistake.ts';
import { nearest } from '../nearest.ts';
import type { LoadedFile } from './load.ts';
import type { Path } from './places.ts';

/**
 * What is no mistake and probably not meant: roles, grants and accounts that name a server which the file does not. It may be registered over the API; where the
 * file names no server at all, all of them are, and nothing is said.
 */
export function hintsIn(file: LoadedFile): readonly Mistake[] {
  const servers = Object.keys(file.servers);
  if (servers.length === 0) return [];
  return namedIn(file).flatMap(([server, path]) => {
    if (server === '*' || servers.includes(server)) return [];
    const meant = nearest(server, servers);
    const said = `the file names no server ${server}${meant === null ? '' : `; did you mean ${meant}?`} Until it is registered over the API this permits nothing`;
    const told = mistake({ reason: 'config.invalid', key: path.join('.'), expected: 'a server', nearest: meant });
    const position = file.places.valueAt(path) ?? file.places.keyAt(path);
    return [{ ...told, said, file: file.name, position }];
  });
}

type Named = readonly [server: string, path: Path];

function namedIn({ roles, grants, accounts }: LoadedFile): readonly Named[] {
  const ofTools = (tools: readonly { readonly tool: string }[], path: Path): readonly Named[] =>
    tools.map(({ tool }, index) => [serverOf(tool), [...path, index]]);
  return [
    ...roles.flatMap(({ name, effects, tools }) => [
      ...Object.keys(effects).map((server): Named => [server, ['roles', name, 'effects', server]]),
      ...ofTools(tools, ['roles', name, 'tools']),
    ]),
    ...ofTools(grants, ['grants']),
    ...accounts.flatMap(({ part, name, scopes, tools }) => [
      ...scopes.map(({ server }, index): Named => [server, [part, name, 'scopes', index]]),
      ...ofTools(tools, [part, name, 'tools']),
    ]),
  ];
}

const serverOf = (tool: string): string => tool.slice(0, tool.indexOf('__'));
