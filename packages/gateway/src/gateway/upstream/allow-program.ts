import { existsSync, realpathSync } from 'node:fs';
import { extname, isAbsolute } from 'node:path';
import { RE2JS } from 're2js';
import { isShell } from '../../base/shells.ts';
import type { ProgramList, ProgramRule } from '../../contracts/programs.ts';
import type { Launch } from '../../contracts/registration.ts';
import type { FoundProgram } from './program.ts';

/** Variables that choose which code runs, whatever the program. They are set only for a program that is listed with them. */
const LOADER = new RegExp(
  `^(${[
    'LD_.*|DYLD_.*|GCONV_PATH|PATH|SHELL|IFS|ENV|BASH_.*|EDITOR|VISUAL|PAGER|CLASSPATH|JAVA_TOOL_OPTIONS|_JAVA_OPTIONS|JDK_JAVA_OPTIONS',
    'NODE_(OPTIONS|PATH|REPL_.*|V8_.*|COMPILE_.*)|NPM_CONFIG_.*|UV_.*|PIP_.*|PERL5?(OPT|LIB|DB)|RUBY(OPT|LIB)|LUA_.*|PHPRC|PHP_INI_.*',
    'PYTHON(PATH|HOME|STARTUP|USERBASE|INSPECT|EXECUTABLE|BREAKPOINT|WARNINGS|PLATLIBDIR|PYCACHEPREFIX)',
    'GIT_(SSH.*|EXEC_PATH|CONFIG.*|ASKPASS|EDITOR|SEQUENCE_EDITOR|PAGER|TEMPLATE_DIR|EXTERNAL_DIFF|PROXY_COMMAND)|SSH_ASKPASS',
  ].join('|')})$`,
  'i',
);

/** Without anything that a shell, should a launcher use one, would read as more than text. */
const PLAIN = /^[A-Za-z0-9@%+=:,./_~-]*$/;
const NPM_PACKAGE = /^(@[a-z0-9][a-z0-9._~-]*\/)?[a-z0-9][a-z0-9._~-]*(@[A-Za-z0-9][A-Za-z0-9._+~-]*)?$/;
const PYPI_PACKAGE = /^[A-Za-z0-9][A-Za-z0-9._-]*(\[[A-Za-z0-9,._-]+\])?((==|@)[A-Za-z0-9][A-Za-z0-9._+-]*)?$/;
const MODULE = /^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$/;

type Judge = (args: readonly string[]) => string | null;

const isScript = (text: string | undefined, endings: readonly string[]): boolean =>
  text !== undefined && isAbsolute(text) && endings.includes(extname(text)) && existsSync(text);

const packageFirst = (skip: readonly string[], form: RegExp, what: string): Judge => {
  return (args) => {
    const at = args.findIndex((arg) => !skip.includes(arg));
    const [name = '', ...rest] = at === -1 ? [] : args.slice(at);
    if (!form.test(name)) return `needs ${what} before everything else`;
    const odd = rest.findIndex((arg) => !PLAIN.test(arg));
    return odd === -1 ? null : `argument ${at + odd + 2} has characters that mean something to a shell`;
  };
};

const scriptFirst =
  (endings: readonly string[]): Judge =>
  (args) =>
    isScript(args[0], endings) ? null : `needs the absolute path of a script that is there (${endings.join(', ')}) before everything else`;

const python: Judge = (args) =>
  args[0] === '-m' ? (MODULE.test(args[1] ?? '') ? null : 'needs the name of a module after -m') : scriptFirst(['.py'])(args);

/** What may be started where nobody listed anything: programs that start a server which somebody published or wrote, and nothing that is code itself. */
const LAUNCHERS: Readonly<Record<string, Judge>> = {
  node: scriptFirst(['.js', '.mjs', '.cjs', '.ts', '.mts']),
  npx: packageFirst(['-y', '--yes'], NPM_PACKAGE, 'the name of a package'),
  uvx: packageFirst([], PYPI_PACKAGE, 'the name of a package'),
  python,
  python3: python,
};

/**
 * Why a program may not be started, or null where it may (R2-036). The detail names no value, which may be a secret. What the file of the configuration
 * starts is on the list by that, but no shell is ever, and no variable that chooses code.
 */
export function refusalOf(found: FoundProgram, launch: Launch, list: ProgramList): string | null {
  if ([found.file, found.argv[0], launch.command].some(isShell)) return 'the program is a shell, or starts what its arguments name';
  const rule = list?.find((one) => isSame(one.program, found)) ?? null;
  const variable = Object.keys(launch.env).find((name) => LOADER.test(name) && rule?.env.includes(name) !== true);
  if (variable !== undefined) return `the variable ${variable} chooses what code runs`;
  if (launch.ofFile === true) return null;
  if (list === null) return usual(found, launch);
  return rule === null ? 'no entry of programs names it' : outside(rule, launch);
}

function usual({ by }: FoundProgram, { command, args }: Launch): string | null {
  if (by === 'package') return null;
  const judge = by === 'node' ? LAUNCHERS['node'] : by === 'path' && Object.hasOwn(LAUNCHERS, command) ? LAUNCHERS[command] : undefined;
  return judge === undefined ? 'the configuration lists no such program (programs)' : judge(args);
}

function outside(rule: ProgramRule, { args, env }: Launch): string | null {
  const patterns = rule.args.map((pattern) => RE2JS.compile(pattern, RE2JS.DOTALL));
  const odd = args.findIndex((arg) => !patterns.some((pattern) => pattern.matches(arg)));
  if (odd !== -1) return `argument ${odd + 1} matches none of the patterns that programs has for it`;
  const variable = Object.keys(env).find((name) => !rule.env.includes(name));
  return variable === undefined ? null : `programs does not let it have the variable ${variable}`;
}

function isSame(program: string, { file }: FoundProgram): boolean {
  try {
    return realpathSync(program) === file;
  } catch {
    return false;
  }
}
