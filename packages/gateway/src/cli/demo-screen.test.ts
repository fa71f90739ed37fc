import { describe, expect, it } from 'vitest';
import type { RuntimeStatus } from '../contracts/running.ts';
import { CLIENTS } from './clients/index.ts';
import { clientsScreen } from './clients/screen.ts';
import { type DemoFacts, demoScreen, firstLine } from './demo-screen.ts';
import { widthOf } from './render/width.ts';

const server = {
  transport: 'stdio',
  sharing: 'session',
  state: 'ready',
  tools: 0,
  pending: 0,
  unreachable: 0,
  failuresLastHour: 0,
  circuit: 'closed',
  note: null,
} as const;

const STATUS: RuntimeStatus = {
  version: '0.1.0',
  startedAt: 0,
  mcpUrl: 'http://127.0.0.1:8080/mcp',
  adminUrl: 'http://127.0.0.1:8081',
  dataDir: '/home/ann/.sallyport',
  snapshot: { sequence: 1, digest: 'd'.repeat(64) },
  journalWritable: true,
  draining: false,
  servers: [
    { ...server, id: 'everything', tools: 13, unreachable: 6 },
    { ...server, id: 'files', tools: 14, note: 'sample folder, read and write' },
    { ...server, id: 'memory', tools: 9, sharing: 'shared' },
    {
      ...server,
      id: 'dbhub',
      tools: 1,
      transport: 'streamable-http',
      state: 'failed',
      pending: 1,
      note: 'did not answer \u001b[2Jin time',
    },
  ],
  rate: { requestsPerMinute: 100, burst: 20 },
  config: { file: null, version: 1, hash: 'ab', problem: null },
  deviations: [],
  dangers: [],
  guards: {},
  sessions: 0,
  inFlight: 0,
  listens: 0,
};

const FACTS: DemoFacts = {
  status: STATUS,
  firstRun: true,
  dataShown: './.sallyport',
  key: 'sp_KEY',
  client: { name: 'demo-key', roles: ['writer'], grants: [{ tool: 'dbhub__execute_sql', effect: 'destructive' }] },
  adminKeyFile: './.sallyport/admin.key',
  notices: [],
  now: 0,
  startedBy: 'npm start --',
};

describe('the first screen of the demo', () => {
  it('names keys that need somebody, each with the command that mends it', () => {
    const notices = [
      { id: 'key_1', name: 'soon\u001b[2J', endsAt: 3 * 86_400_000, disclosed: false },
      { id: 'key_2', name: 'seen', endsAt: 20 * 86_400_000, disclosed: true },
    ];
    const screen = demoScreen({ ...FACTS, notices }, { width: null, color: false });
    expect(screen).toContain('keys      soon\\u{1b}[2J ends in 3 days: sallyport keys rotate key_1\n');
    expect(screen).toContain('          seen stood in a URL: sallyport keys rotate key_2\n');
    expect(demoScreen(FACTS, { width: null, color: false })).not.toContain('keys rotate');
  });

  it('reads like this in a pipe', () => {
    expect(demoScreen(FACTS, { width: null, color: false })).toMatchInlineSnapshot(`
      "
        Sallyport 0.1.0 · demo · data in ./.sallyport (first run: keys made, mode 0700)

        servers   everything  13 tools · stdio · ready   (6 more need what a client or a later release gives)
                  files       14 tools · stdio · ready   (sample folder, read and write)
                  memory       9 tools · stdio · ready   (shared)
                  dbhub        1 tool  · http  · failed   (did not answer \\u{1b}[2Jin time, 1 wait for: sallyport servers approve dbhub)
        guards    keys · policy 6 roles · limits 100/min + 20 · schemas · journal (fsync)
        client    demo-key · writer · granted dbhub__execute_sql (destructive)
        endpoint  http://127.0.0.1:8080/mcp
        admin     http://127.0.0.1:8081/api/v1 · key in ./.sallyport/admin.key

        Try it    Claude Code    claude mcp add --transport http sallyport http://127.0.0.1:8080/mcp --header "Authorization: Bearer sp_KEY"
                  Cursor         {"mcpServers":{"sallyport":{"url":"http://127.0.0.1:8080/mcp","headers":{"Authorization":"Bearer sp_KEY"}}}}
                  VS Code        code --add-mcp '{"name":"sallyport","type":"http","url":"http://127.0.0.1:8080/mcp","headers":{"Authorization":"Bearer sp_KEY"}}'
                  MCP Inspector  npx @modelcontextprotocol/inspector --cli http://127.0.0.1:8080/mcp --transport http --method tools/list --header "Authorization: Bearer sp_KEY"

                  more clients, laid out for their files: npm start -- --clients · Ctrl-C stops, and the next start keeps keys, servers and log
      "
    `);
  });

  it('reads like this at 120 columns', () => {
    expect(demoScreen(FACTS, { width: 120, color: false })).toMatchInlineSnapshot(`
      "
        Sallyport 0.1.0 · demo · data in ./.sallyport (first run: keys made, mode 0700)

        servers   everything  13 tools · stdio · ready   (6 more need what a client or a later release gives)
                  files       14 tools · stdio · ready   (sample folder, read and write)
                  memory       9 tools · stdio · ready   (shared)
                  dbhub        1 tool  · http  · failed
                              (did not answer \\u{1b}[2Jin time, 1 wait for: sallyport servers approve dbhub)
        guards    keys · policy 6 roles · limits 100/min + 20 · schemas · journal (fsync)
        client    demo-key · writer · granted dbhub__execute_sql (destructive)
        endpoint  http://127.0.0.1:8080/mcp
        admin     http://127.0.0.1:8081/api/v1 · key in ./.sallyport/admin.key

        Try it    Claude Code    claude mcp add --transport http sallyport http://127.0.0.1:8080/mcp --header "Authorization: Bearer sp_KEY"
                  Cursor         {"mcpServers":{"sallyport":{"url":"http://127.0.0.1:8080/mcp","headers":{"Authorization":"Bearer sp_KEY"}}}}
                  VS Code        code --add-mcp '{"name":"sallyport","type":"http","url":"http://127.0.0.1:8080/mcp","headers":{"Authorization":"Bearer sp_KEY"}}'
                  MCP Inspector  npx @modelcontextprotocol/inspector --cli http://127.0.0.1:8080/mcp --transport http --method tools/list --header "Authorization: Bearer sp_KEY"

                  more clients, laid out for their files: npm start -- --clients · Ctrl-C stops, and the next start keeps
                  keys, servers and log
      "
    `);
  });

  it('reads like this at 80 columns', () => {
    expect(demoScreen(FACTS, { width: 80, color: false })).toMatchInlineSnapshot(`
      "
        Sallyport 0.1.0 · demo · data in ./.sallyport (first run: keys made, mode
        0700)

        servers   everything  13 tools · stdio · ready
                              (6 more need what a client or a later release gives)
                  files       14 tools · stdio · ready
                              (sample folder, read and write)
                  memory       9 tools · stdio · ready   (shared)
                  dbhub        1 tool  · http  · failed
                              (did not answer \\u{1b}[2Jin time, 1 wait for: sallyport
                              servers approve dbhub)
        guards    keys · policy 6 roles · limits 100/min + 20 · schemas · journal
                  (fsync)
        client    demo-key · writer · granted dbhub__execute_sql (destructive)
        endpoint  http://127.0.0.1:8080/mcp
        admin     http://127.0.0.1:8081/api/v1 · key in ./.sallyport/admin.key

        Try it    Claude Code    claude mcp add --transport http sallyport http://127.0.0.1:8080/mcp --header "Authorization: Bearer sp_KEY"
                  Cursor         {"mcpServers":{"sallyport":{"url":"http://127.0.0.1:8080/mcp","headers":{"Authorization":"Bearer sp_KEY"}}}}
                  VS Code        code --add-mcp '{"name":"sallyport","type":"http","url":"http://127.0.0.1:8080/mcp","headers":{"Authorization":"Bearer sp_KEY"}}'
                  MCP Inspector  npx @modelcontextprotocol/inspector --cli http://127.0.0.1:8080/mcp --transport http --method tools/list --header "Authorization: Bearer sp_KEY"

                  more clients, laid out for their files: npm start -- --clients ·
                  Ctrl-C stops, and the next start keeps keys, servers and log
      "
    `);
  });

  it('reads like this at 60 columns', () => {
    expect(demoScreen({ ...FACTS, firstRun: false }, { width: 60, color: false })).toMatchInlineSnapshot(`
      "
        Sallyport 0.1.0 · demo · data in ./.sallyport (as the last
        run left it: same keys)

        servers   everything  13 tools · stdio · ready
                              (6 more need what a client or a
                              later release gives)
                  files       14 tools · stdio · ready
                              (sample folder, read and write)
                  memory       9 tools · stdio · ready   (shared)
                  dbhub        1 tool  · http  · failed
                              (did not answer \\u{1b}[2Jin time, 1
                              wait for: sallyport servers approve
                              dbhub)
        guards    keys · policy 6 roles · limits 100/min + 20 ·
                  schemas · journal (fsync)
        client    demo-key · writer · granted dbhub__execute_sql
                  (destructive)
        endpoint  http://127.0.0.1:8080/mcp
        admin     http://127.0.0.1:8081/api/v1 · key in
                  ./.sallyport/admin.key

        Try it    Claude Code    claude mcp add --transport http sallyport http://127.0.0.1:8080/mcp --header "Authorization: Bearer sp_KEY"
                  Cursor         {"mcpServers":{"sallyport":{"url":"http://127.0.0.1:8080/mcp","headers":{"Authorization":"Bearer sp_KEY"}}}}
                  VS Code        code --add-mcp '{"name":"sallyport","type":"http","url":"http://127.0.0.1:8080/mcp","headers":{"Authorization":"Bearer sp_KEY"}}'
                  MCP Inspector  npx @modelcontextprotocol/inspector --cli http://127.0.0.1:8080/mcp --transport http --method tools/list --header "Authorization: Bearer sp_KEY"

                  more clients, laid out for their files: npm
                  start -- --clients · Ctrl-C stops, and the next
                  start keeps keys, servers and log
      "
    `);
  });

  it.each([60, 80, 120, 200])('stays within %i columns, but for lines to paste', (width) => {
    const lines = demoScreen(FACTS, { width, color: false }).split('\n');
    const tooWide = lines.filter((line) => widthOf(line) > width && !line.includes('sp_KEY'));
    expect(tooWide).toEqual([]);
  });

  it('takes the same columns with colours', () => {
    const plain = demoScreen(FACTS, { width: 80, color: false }).split('\n').map(widthOf);
    expect(demoScreen(FACTS, { width: 80, color: true }).split('\n').map(widthOf)).toEqual(plain);
  });

  it('passes on nothing that a terminal would obey', () => {
    expect(demoScreen(FACTS, { width: 80, color: false })).not.toContain('\u001b');
  });

  it('never cuts a line to paste', () => {
    expect(demoScreen(FACTS, { width: 60, color: false })).toContain(
      'claude mcp add --transport http sallyport http://127.0.0.1:8080/mcp --header "Authorization: Bearer sp_KEY"',
    );
  });
});

describe('the first line of --json', () => {
  it('has exactly four names for the demo', () => {
    expect(firstLine('http://127.0.0.1:8080/mcp', 'sp_KEY', '/d')).toBe(
      '{"mcp":"http://127.0.0.1:8080/mcp","key":"sp_KEY","console":null,"data":"/d"}',
    );
  });

  it('has no key for serve', () => {
    expect(firstLine('http://127.0.0.1:8080/mcp', null, '/d')).toBe('{"mcp":"http://127.0.0.1:8080/mcp","console":null,"data":"/d"}');
  });
});

describe('demo --clients', () => {
  it('names every client and where its text goes', () => {
    const connect = { command: '/node', args: ['/sallyport.mjs', 'connect'] };
    const text = clientsScreen(CLIENTS, { url: 'http://127.0.0.1:8080/mcp', key: 'sp_KEY' }, connect, { width: 80, color: false });
    expect(text.split('\n').filter((line) => /^(Claude|Cursor|VS|Windsurf|Zed|Codex CLI|Gemini|MCP)/.test(line))).toEqual([
      'Claude Code shell',
      'Claude Desktop claude_desktop_config.json (Settings > Developer > Edit Config)',
      'Cursor .cursor/mcp.json',
      'VS Code .vscode/mcp.json',
      'Windsurf ~/.codeium/windsurf/mcp_config.json',
      'Zed settings.json (zed: open settings file)',
      'Codex CLI ~/.codex/config.toml',
      'Gemini CLI ~/.gemini/settings.json',
      'MCP Inspector mcp.json for --config mcp.json --server sallyport',
    ]);
  });
});
