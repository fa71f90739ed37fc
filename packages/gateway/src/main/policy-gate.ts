import type { Configuration, Mistake, NamedTable } from '../config/index.ts';
import { type CaseResult, openTable, type World } from '../policy/index.ts';
import { fileGrants } from './file-grants.ts';
import type { Stored } from './history.ts';

/** Cases that are decided before calls have their turn. */
const AT_ONCE = 50;

type Tested = Pick<Configuration, 'file' | 'policies' | 'tests'>;

/**
 * Cases of the tables that a configuration names which would be decided otherwise than they say, were it in force with this state: each at its line. With any
 * of them it must not be put in force (R2-083).
 *
 * @param isAway whether nothing is known of a server yet: cases about its tools cannot be judged, unless their table says what they are
 */
export async function failedCases(configuration: Tested, stored: Stored, isAway: (server: string) => boolean): Promise<readonly Mistake[]> {
  if (configuration.tests.length === 0) return [];
  const own = [...configuration.policies, ...stored.policies.map(({ id, text }) => ({ id, text, place: { file: null, line: 1 } }))];
  const world = worldOf(configuration, stored);
  const failed: Mistake[] = [];
  for (const named of configuration.tests) {
    const decide = openTable(named.table, own, world);
    if (!decide.ok) {
      failed.push(told(named, [], `the table cannot be decided: ${decide.detail ?? decide.reason}`));
      continue;
    }
    for (const [index, one] of named.table.cases.entries()) {
      if (index % AT_ONCE === 0) await new Promise((resolve) => setImmediate(resolve));
      if (isAway(one.tool.slice(0, one.tool.indexOf('__'))) && !Object.hasOwn(named.table.tools, one.tool)) continue;
      const result = decide.value(one);
      if (!result.passed) failed.push(told(named, ['cases', index], differenceIn(result)));
    }
  }
  return failed;
}

function worldOf(configuration: Tested, { servers, tools, prompts, templates, grants }: Stored): World {
  const enabled = servers.filter((server) => server.enabled);
  const ids = new Set<string>(enabled.map(({ id }) => id));
  return {
    pins: [...tools, ...prompts, ...templates].filter(({ server }) => ids.has(server)),
    servers: enabled.map(({ id, resources }) => ({ server: id, effect: resources ?? 'destructive' })),
    labels: new Map(enabled.map(({ id, labels }) => [id, labels])),
    grants: [...grants, ...fileGrants(configuration)],
    roles: configuration.file?.roles ?? [],
  };
}

function differenceIn({ case: { principal, tool, expect, by }, got, by: decided }: CaseResult): string {
  const wanted = `${expect}${by === undefined ? '' : ` by ${by}`}`;
  return `${principal} on ${tool}: expected ${wanted}, and it would be ${got}${decided.length === 0 ? '' : ` by ${decided.join(', ')}`}`;
}

const told = ({ name, places }: NamedTable, path: readonly (string | number)[], said: string): Mistake => ({
  reason: 'config.invalid',
  key: path.join('.') || 'table',
  expected: '',
  got: null,
  nearest: null,
  unknownKey: false,
  file: name,
  position: places.keyAt(path),
  said,
});
