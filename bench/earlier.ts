import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** What the working tree's own packages are named under. They are linked anew, or the earlier gateway would load what stands here. */
const OWN = '@sallyport';

/** The gateway as it was at a commit, ready to be started beside the one of the working tree. */
export interface Earlier {
  readonly command: readonly string[];
  /** Takes it away again. */
  readonly drop: () => void;
}

/** Checks the commit out beside the working tree, on its disk, with its dependencies as they are installed here. Throws where there is no such commit. */
export function earlierAt(commit: string): Earlier {
  mkdirSync(join(ROOT, '.sallyport'), { recursive: true });
  const parent = mkdtempSync(join(ROOT, '.sallyport', 'earlier-'));
  const tree = join(parent, 'tree');
  const drop = (): void => {
    spawnSync('git', ['worktree', 'remove', '--force', tree], { cwd: ROOT });
    rmSync(parent, { recursive: true, force: true });
  };
  const made = spawnSync('git', ['worktree', 'add', '--detach', tree, commit], { cwd: ROOT, encoding: 'utf8' });
  if (made.status !== 0) {
    drop();
    throw new Error(`${commit} cannot be checked out: ${made.stderr?.trim() || (made.error?.message ?? 'git failed')}`);
  }
  linkModules(tree);
  return { command: [process.execPath, join(tree, 'bench', 'sallyport.ts')], drop };
}

function linkModules(tree: string): void {
  const [from, to] = [join(ROOT, 'node_modules'), join(tree, 'node_modules')];
  mkdirSync(join(to, OWN), { recursive: true });
  for (const name of readdirSync(from)) if (name !== OWN) symlinkSync(join(from, name), join(to, name));
  for (const name of readdirSync(join(tree, 'packages'))) symlinkSync(join(tree, 'packages', name), join(to, OWN, name));
}
