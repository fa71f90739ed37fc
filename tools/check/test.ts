// npm test [-- ARGS of vitest]: what CI runs. Check first, then every test; the JSON report feeds `npm run requirements`.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

async function run(script: string, ...args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, [join(ROOT, script), ...args], { cwd: ROOT, stdio: 'inherit' });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}

const REPORTERS = ['--reporter=default', '--reporter=json', '--outputFile.json=.reports/tests.json'];
const checked = await run('tools/check/check.ts');
const tested = await run('node_modules/vitest/vitest.mjs', 'run', ...REPORTERS, ...process.argv.slice(2));
process.exitCode = checked === 0 && tested === 0 ? 0 : 1;
