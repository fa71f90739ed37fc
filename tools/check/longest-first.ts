import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Files of a minute and more. Begun last, one of them would run alone at the end while the other workers have nothing to do. The first ends its processes in
 * good order, which leaves compiled modules for those that kill theirs; those that mostly wait stand beside those that compute.
 */
export const LONGEST = [
  'scenarios/demo-signals',
  'scenarios/hostile-servers',
  'config/staged-apply',
  'faults/kill-gateway',
  'conformance/conformance',
  'postgres/kill-shared',
  'scenarios/bad-streams',
  'fuzz/every-parameter',
  'postgres/rates-on-two',
  'faults/power-loss',
  'connect/sdk-over-stdio',
  'policy/wire-matrix',
];

const placeOf = ({ moduleId }: Pick<TestSpecification, 'moduleId'>): number => {
  const place = LONGEST.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`));
  return place === -1 ? LONGEST.length : place;
};

/** Vitest's own order, behind the files that take longest. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).sort((a, b) => placeOf(a) - placeOf(b));
  }
}
