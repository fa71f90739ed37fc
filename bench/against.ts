import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Figure } from '../tools/figures/runner/figure.ts';
import { compareEra, type Plan } from './compare.ts';
import { earlierAt } from './earlier.ts';

/** The first gateway whose cost was written down: tools alone, before every other method came through the same line. */
const SPINE = '407be3f';
/** It may cost a tenth more since. */
const GOAL = 1.1;
const PLAN: Plan = { concurrencies: [16, 64], sizes: ['small', '16k'], rounds: 11, seconds: 1, rate: 500, rateSizes: [] };

/** What a call costs against what it cost at first, both measured now, round by round. Throws on a wrong answer, and where there is no history. */
export async function* figures(): AsyncGenerator<Figure> {
  const earlier = earlierAt(SPINE);
  const sallyport = [process.execPath, fileURLToPath(new URL('sallyport.ts', import.meta.url))];
  const parent = fileURLToPath(new URL('../.sallyport', import.meta.url));
  mkdirSync(parent, { recursive: true });
  const data = mkdtempSync(join(parent, 'against-'));
  try {
    for (const era of ['legacy', 'modern'] as const) {
      const folder = join(data, era);
      mkdirSync(folder);
      for await (const finding of compareEra(PLAN, { era, sallyport, earlier: earlier.command, data: folder, sse: false })) {
        if (finding.type === 'segment' && finding.errors > 0) throw new Error(`${finding.target}: ${finding.faults.join('; ')}`);
        if (finding.type !== 'cell' || finding.againstEarlier === null) continue;
        const { concurrency, size, againstEarlier } = finding;
        const value = Number(againstEarlier.median.toFixed(3));
        yield {
          figure: `against.cpu_ratio.c${concurrency}.${size}.${era}`,
          value,
          unit: 'x',
          goal: `<= ${GOAL}`,
          met: value <= GOAL,
          command: `npm run bench -- --era ${era} --c ${concurrency} --size ${size} --no-rate --against ${SPINE}`,
        };
      }
    }
  } finally {
    rmSync(data, { recursive: true, force: true });
    earlier.drop();
  }
}
