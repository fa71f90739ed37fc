import type { Wishes } from './wishes.ts';

/** Double-quoted YAML has the escapes of JSON. */
const quoted = (text: string): string => JSON.stringify(text);

/** `sallyport.yaml` with what was wished for, and comments that say what else there is. It holds no secret. */
export function fileText({ reach, port, adminPort, names, tls, postgres }: Wishes): string {
  return [
    '# Sallyport. Where nothing is said, the values of the guide hold; weaker ones are refused unless `deviations` names them.',
    '# `sallyport check` says what is wrong with this file, `sallyport check --explain` what holds and why. A change is applied without a restart.',
    '',
    'listeners:',
    '  gateway: # for clients, at /mcp',
    ...(reach === 'network'
      ? ['    host: "::" # every address of this machine', `    names: [${names.map(quoted).join(', ')}] # any other Host is refused`]
      : ['    host: 127.0.0.1 # this machine only']),
    `    port: ${port}`,
    ...(tls === null
      ? []
      : ['    tls: # 1.3, renewed files are taken without a restart', `      cert: ${quoted(tls.cert)}`, `      key: ${quoted(tls.key)}`]),
    '  admin: # the API and, by a socket in the data directory, the command line',
    '    host: 127.0.0.1',
    `    port: ${adminPort}`,
    '',
    ...(postgres === null
      ? [
          '# State and journal stand encrypted in the data directory. For more than one gateway:',
          '# storage:',
          '#   postgres: env:SALLYPORT_POSTGRES',
        ]
      : ['storage:', `  postgres: ${quoted(postgres)} # postgres://..., never written out here`]),
    '',
    '# Servers that this file names are owned by it: the API shows them and does not change them. Others are added by `sallyport servers add`.',
    '# A tool that is not named under effects counts as destructive, and nobody calls one of those without a grant.',
    '# servers:',
    '#   files:',
    '#     command: npx',
    '#     args: ["-y", "@modelcontextprotocol/server-filesystem@2026.8.31", /srv/shared]',
    '#     effects: { read_text_file: read, list_directory: read, write_file: write }',
    '#   tracker:',
    '#     url: https://tracker.example/mcp',
    '#     headers: { Authorization: Bearer env:TRACKER_TOKEN }',
    '',
    '# What servers registered by command or API may start, beside packages by npx and uvx and scripts by node and python. A shell is never started.',
    '# programs:',
    '#   - { program: /usr/local/bin/server, args: ["--root=/srv/[a-z]+"], env: [MODE] }',
    '',
    '# grants:',
    '#   - { principal: PRINCIPAL, tool: files__move_file, rules: [{ argument: source, below: /srv/shared/inbox }] }',
    '',
    '# Roles beside reader and writer: up to which effect on which server, and tools by name.',
    '# roles:',
    '#   analyst:',
    '#     members: [PRINCIPAL]',
    '#     effects: { files: read }',
    '#     tools: [tracker__close_issue]',
    '',
    '# Policies of your own, and tables of cases that have to hold before anything is put in force (sallyport policy test).',
    '# policies: policies',
    '# policy_tests: tests',
    '',
    '# Watches a changed file, and takes it back where calls fail that did not before.',
    '# staged_apply: { window_seconds: 60, error_rate: 0.2 }',
    '',
  ].join('\n');
}
