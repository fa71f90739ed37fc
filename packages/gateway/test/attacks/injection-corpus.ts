import type { Launch } from '../../src/contracts/registration.ts';

/** One thing that somebody who may register servers, or whose text ends up in a registration, could try. */
export interface Attempt extends Launch {
  /** `refused`: nothing is started. `literal`: the program starts, and is given exactly these arguments. */
  readonly expected: 'refused' | 'literal';
}

export interface Corpus {
  /** A script that prints its arguments as JSON and ends. */
  readonly echo: string;
  /** A program that is listed, with the pattern `--root=/srv/[a-z]+`. It would write `mark` if it ran. */
  readonly listed: string;
  /** Any other program. It would write `mark` if it ran. */
  readonly unlisted: string;
  /** What every payload tries to make. */
  readonly mark: string;
  readonly node: string;
}

/** What a shell, or something that expands like one, would run. */
const payloads = ({ mark }: Corpus): readonly string[] => [
  `; touch ${mark}`,
  `;touch ${mark};`,
  `& touch ${mark}`,
  `&& touch ${mark}`,
  `| touch ${mark}`,
  `|| touch ${mark}`,
  `$(touch ${mark})`,
  `\${IFS}$(touch\${IFS}${mark})`,
  `\`touch ${mark}\``,
  `\ntouch ${mark}\n`,
  `\r\ntouch ${mark}\r\n`,
  `> ${mark}`,
  `>> ${mark}`,
  `2>${mark}`,
  `< /dev/null > ${mark}`,
  `<(touch ${mark})`,
  `>(touch ${mark})`,
  `'; touch ${mark} #`,
  `"; touch ${mark} #`,
  `' && touch ${mark} && echo '`,
  `"$(touch ${mark})"`,
  `\\"; touch ${mark}; \\"`,
  `--; touch ${mark}`,
  `-- ; touch ${mark}`,
  `{touch,${mark}}`,
  `$'\\x3b'touch ${mark}`,
  `!touch ${mark}`,
  `*; touch ${mark}`,
  `~/../..; touch ${mark}`,
  `%0Atouch ${mark}`,
  `\u2028touch ${mark}`,
  `；touch ${mark}`,
  `() { :;}; touch ${mark}`,
  `@echo off & touch ${mark}`,
  `^& touch ${mark}`,
  `\${x:=$(touch ${mark})}`,
  `$((1+$(touch ${mark})))`,
  `--flag=$(touch ${mark})`,
  `-o ProxyCommand=touch ${mark}`,
  `--exec=touch ${mark}`,
];

const refused = (command: string, args: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Attempt => ({
  command,
  args,
  env,
  expected: 'refused',
});

/** A hundred attempts: metacharacters as arguments and as commands, shells and what starts other programs, options that are code, variables that are. */
export function corpus(of: Corpus): readonly Attempt[] {
  const { echo, unlisted, mark, node, listed } = of;
  const code = `require('fs').writeFileSync(${JSON.stringify(mark)},'')`;
  return [
    ...payloads(of).map((payload): Attempt => ({ command: node, args: [echo, payload], env: {}, expected: 'literal' })),
    ...payloads(of)
      .slice(0, 12)
      .map((payload) => refused(`node ${payload}`, [echo])),
    ...SHELLS.map((command) => refused(command, ['-c', `touch ${mark}`])),
    refused('env', ['touch', mark]),
    refused('/usr/bin/env', ['-S', `touch ${mark}`]),
    refused('xargs', ['touch']),
    refused('timeout', ['9', 'touch', mark]),
    refused('nohup', ['touch', mark]),
    refused('find', ['/tmp', '-maxdepth', '0', '-exec', 'touch', mark, ';']),
    refused('touch', [mark]),
    refused('/usr/bin/touch', [mark]),
    refused(unlisted, []),
    refused('../../../../usr/bin/touch', [mark]),
    refused('./unlisted', []),
    refused('node', ['-e', code]),
    refused('node', [`--eval=${code}`]),
    refused('node', ['-p', code]),
    refused(node, ['-e', code]),
    refused('node', [`--import=data:text/javascript,${code}`, echo]),
    refused('node', ['--require', unlisted, echo]),
    refused('node', ['-r', unlisted, echo]),
    refused('node', ['--env-file=/dev/null', echo]),
    refused('node', ['--inspect=0.0.0.0', echo]),
    refused('node', ['--run', 'touch']),
    refused('node', ['relative.js']),
    refused('node', []),
    refused('python3', ['-c', `open(${JSON.stringify(mark)},'w')`]),
    refused('python3', ['-ic', `open(${JSON.stringify(mark)},'w')`]),
    refused('npx', ['-c', `touch ${mark}`]),
    refused('npx', ['-y', `--call=touch ${mark}`]),
    refused('npx', ['-y', '--package=x', 'touch', mark]),
    refused('npx', ['-y', 'server', `$(touch ${mark})`]),
    refused('npx', ['-y', `file:${unlisted}`]),
    refused('npx', ['-y', 'git+ssh://host/x.git']),
    refused('uvx', ['--from', unlisted, 'x']),
    refused('uvx', ['--with=evil', 'server']),
    refused(listed, ['--output=/etc/passwd']),
    refused(listed, ['--root=/srv/data;touch']),
    refused(listed, ['--root=/srv/data', '--plugin=evil']),
    refused(node, [echo], { LD_PRELOAD: unlisted }),
    refused(node, [echo], { NODE_OPTIONS: `--require=${unlisted}` }),
    refused(node, [echo], { PATH: '/tmp' }),
    refused(node, [echo], { BASH_ENV: unlisted }),
    refused(node, [echo], { npm_config_script_shell: unlisted }),
  ];
}

const SHELLS = ['sh', '/bin/sh', 'bash', '/bin/bash', 'dash', 'zsh', 'busybox', 'sudo'] as const;
