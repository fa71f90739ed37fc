import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VERBS } from '../../src/admin/routes/index.ts';
import { METHODS as PLANS } from '../../src/protocol/index.ts';
import { ADMIN, REACH_KEYS, REACHES, reachAnswersOf } from './admin-matrix.ts';
import { METHODS } from './method-matrix.ts';
import { type MatrixGateway, startMatrixGateway } from './objects.ts';
import { runMatrix } from './run-matrix.ts';

let matrix: MatrixGateway;
beforeAll(async () => {
  matrix = await startMatrixGateway();
}, 60_000);
afterAll(() => matrix.stop());

describe('every role, method and object over real sockets', () => {
  it('has a row for every method of every revision, whoever sends it', () => {
    const rows = new Set(METHODS.map(({ method }) => method));
    const known = [...Object.keys(PLANS.client), ...Object.keys(PLANS.server)];
    expect(known.filter((method) => !rows.has(method))).toEqual([]);
  });

  it('has a row for every verb of the administration, by role and by reach', () => {
    for (const { method, path } of VERBS) {
      const shape = new RegExp(`^${path.replaceAll(/:[a-z]+/g, '[^/]+')}$`);
      for (const rows of [ADMIN, REACHES])
        expect(rows.some((row) => row.method === method && shape.test(row.path.split('?', 1)[0] ?? ''))).toBe(true);
    }
    for (const row of REACHES) expect(reachAnswersOf(row)).toHaveLength(REACH_KEYS.length);
  });

  it('answers as the tables say, forwards nothing that it refuses, and has every refusal in the journal with its reason [R4-13] [R0-03 partial: breach drill] [R2-002 partial: official conformance suite] [R4-27 partial: batch, SSE resume]', async () => {
    const cells = await runMatrix(matrix);
    console.log(`policy matrix over the wire: ${cells.count} cells, ${cells.refusals} refusals, ${cells.forwarded.size} calls forwarded`);
    expect(cells.mismatches.slice(0, 40)).toEqual([]);
    expect(cells.count).toBeGreaterThan(8000);
  }, 600_000);
});
