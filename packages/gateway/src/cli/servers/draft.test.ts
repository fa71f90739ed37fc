import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CommandError } from '../exit.ts';
import { idOf } from './client-file.ts';
import { type AddOptions, wantedOf } from './draft.ts';

const NONE: AddOptions = { header: [], env: [] };
const HERE = { env: { TOKEN: 'sekret', EMPTY: '' }, cwd: '/home/ann' };
const wanted = (operands: readonly string[], options: Partial<AddOptions> = {}) => wantedOf(operands, { ...NONE, ...options }, HERE);

/** As clients write what they fill in themselves. */
const reference = (inner: string): string => `$\{${inner}}`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-draft-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = (name: string, document: unknown): string => {
  const path = join(folder, name);
  writeFileSync(path, typeof document === 'string' ? document : JSON.stringify(document));
  return path;
};

describe('what `servers add` was told', () => {
  it('takes a program with its arguments, resolved where it is a path, and variables by value or from here', () => {
    expect(wanted(['files', 'npx', '-y', 'server@1.2.3', '/data'], { env: ['A=b=c', 'TOKEN'], title: 'Files', sharing: 'shared' })).toEqual(
      {
        drafts: [
          {
            id: 'files',
            title: 'Files',
            sharing: 'shared',
            transport: {
              kind: 'stdio',
              launch: { command: 'npx', args: ['-y', 'server@1.2.3', '/data'], env: { A: 'b=c', TOKEN: 'sekret' } },
            },
          },
        ],
      },
    );
    expect(wanted(['files', './server.js'])).toMatchObject({ drafts: [{ transport: { launch: { command: '/home/ann/server.js' } } }] });
  });

  it('takes a URL with headers', () => {
    expect(wanted(['remote', 'https://example.com/mcp'], { header: ['Authorization: Bearer a:b'] })).toEqual({
      drafts: [
        {
          id: 'remote',
          transport: { kind: 'streamable-http', url: 'https://example.com/mcp', headers: { Authorization: 'Bearer a:b' } },
        },
      ],
    });
  });

  it.each([
    [
      'Claude Desktop',
      { mcpServers: { 'My Files': { command: 'npx', args: ['s'], env: { T: reference('TOKEN') } } } },
      { id: 'my-files', env: { T: 'sekret' } },
    ],
    [
      'Cursor',
      { mcpServers: { files: { command: 'npx', args: ['s'], env: { T: reference('env:TOKEN') } } } },
      { id: 'files', env: { T: 'sekret' } },
    ],
    ['VS Code', { servers: { fileServer: { type: 'stdio', command: 'npx', args: ['s'] } }, inputs: [] }, { id: 'file-server', env: {} }],
    ['Zed', { context_servers: { files: { source: 'custom', command: 'npx', args: ['s'], env: {} } } }, { id: 'files', env: {} }],
    [
      'Claude Code',
      { mcpServers: { files: { command: 'npx', args: ['s'], env: { T: reference('NONE:-fallback') } } } },
      { id: 'files', env: { T: 'fallback' } },
    ],
  ] as const)("reads %s's own file", (client, document, { id, env }) => {
    const read = wanted([file(`${client}.json`, document)]);
    expect(read).toEqual({ drafts: [{ id, transport: { kind: 'stdio', launch: { command: 'npx', args: ['s'], env } } }] });
  });

  it.each([
    ['Cursor', { mcpServers: { r: { url: 'https://example.com/mcp', headers: { A: `Bearer ${reference('env:TOKEN')}` } } } }],
    ['VS Code', { servers: { r: { type: 'http', url: 'https://example.com/mcp', headers: { A: `Bearer ${reference('env:TOKEN')}` } } } }],
    [
      'an SSE client',
      { servers: { r: { type: 'sse', url: 'https://example.com/mcp', headers: { A: `Bearer ${reference('env:TOKEN')}` } } } },
    ],
    ['Windsurf', { mcpServers: { r: { serverUrl: 'https://example.com/mcp', headers: { A: `Bearer ${reference('env:TOKEN')}` } } } }],
    ['Gemini', { mcpServers: { r: { httpUrl: 'https://example.com/mcp', headers: { A: `Bearer ${reference('TOKEN')}` } } } }],
  ] as const)("reads a remote server of %s's own file", (client, document) => {
    expect(wanted([file(`${client}-remote.json`, document), 'r'])).toEqual({
      drafts: [{ id: 'r', transport: { kind: 'streamable-http', url: 'https://example.com/mcp', headers: { A: 'Bearer sekret' } } }],
    });
  });

  it('passes a whole registration on as it is', () => {
    const registration = { id: 'files', transport: { kind: 'stdio', launch: { command: 'x' } }, effects: { a: 'read' } };
    expect(wanted([file('registration.json', registration)])).toEqual({ registration });
  });

  it.each([
    ['nothing', [], {}, 'One of:'],
    ['an id alone', ['files'], {}, 'One of:'],
    ['two URLs', ['r', 'https://a.example', 'https://b.example'], {}, 'One of:'],
    ['a variable for a URL', ['r', 'https://a.example'], { env: ['A=b'] }, '--header'],
    ['a header for a program', ['r', 'npx'], { header: ['A: b'] }, '--env'],
    ['a header without a name', ['r', 'https://a.example'], { header: [': b'] }, "'Name: value'"],
    ['a variable that is not set', ['r', 'npx'], { env: ['MISSING'] }, 'MISSING'],
    ['a file that is not there', ['./none.json'], {}, 'ENOENT'],
  ] as const)('refuses %s with what to do', (_what, operands, options, text) => {
    expect(() => wanted(operands, options)).toThrow(text);
    expect(() => wanted(operands, options)).toThrow(CommandError);
  });

  it.each([
    ['comments', '// mine\n{}', 'comments are not read'],
    ['an entry without a command', { mcpServers: { x: {} } }, 'neither a command nor a url'],
    ['what VS Code asks for', { servers: { x: { command: 'c', env: { T: reference('input:token') } } } }, 'only that client can fill in'],
    ['a variable that is not set here', { mcpServers: { x: { command: 'c', env: { T: reference('env:GONE') } } } }, 'GONE'],
    ['arguments that are no text', { mcpServers: { x: { command: 'c', args: [1] } } }, 'mcpServers.x.args.0'],
    ['a name that makes no id', { mcpServers: { '123': { command: 'c' } } }, 'cannot be made an id'],
  ] as const)('refuses a file with %s', (what, document, text) => {
    expect(() => wanted([file(`bad-${what}.json`, document)])).toThrow(text);
  });

  it('names the servers of a file that has not the one asked for, and repeats no secret', () => {
    const path = file('two.json', { mcpServers: { a: { command: 'c', env: { T: 'sekret-a' } }, b: { command: 'c' } } });
    expect(() => wanted([path, 'c'])).toThrow('It has: a, b.');
    expect(() => wanted([path, 'c'])).not.toThrow('sekret-a');
  });

  it.each([
    ['GitHub', 'git-hub'],
    ['My Server (2)', 'my-server-2'],
    ['@scope/name', 'scope-name'],
    ['a'.repeat(60), 'a'.repeat(40)],
  ])('makes of the name %j the id %s', (name, id) => expect(idOf(name)).toBe(id));
});
