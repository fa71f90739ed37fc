/**
 * What each vendor documents, as its own example: the page, when it was read, and the example with its server renamed. A configuration of ours must
 * have the same keys at the same places with values of the same kind; a command line the same words up to the vendor's own values.
 */
export interface Documented {
  readonly source: string;
  readonly read: string;
  /** The example of a remote server with a header; null where the page has none. */
  readonly http: Example | null;
  readonly stdio: Example;
}

export type Example =
  | { readonly kind: 'json'; readonly text: string }
  | { readonly kind: 'toml'; readonly text: string }
  /** Words of the line. `*` stands for the vendor's own value, and `...` for any number of them at the end. */
  | { readonly kind: 'words'; readonly words: readonly string[] };

const json = (document: unknown): Example => ({ kind: 'json', text: JSON.stringify(document) });
const command = { command: 'npx', args: ['-y', 'mcp-server'] };
const headers = { Authorization: 'Bearer TOKEN' };

export const DOCUMENTED: Readonly<Record<string, Documented>> = {
  'claude-code': {
    source: 'https://code.claude.com/docs/en/mcp',
    read: '2026-11-21',
    http: { kind: 'words', words: ['claude', 'mcp', 'add', '--transport', 'http', '*', '*', '--header', 'Authorization: Bearer *'] },
    stdio: { kind: 'words', words: ['claude', 'mcp', 'add', '*', '--', '...'] },
  },
  'claude-desktop': {
    source: 'https://modelcontextprotocol.io/docs/develop/connect-local-servers',
    read: '2026-11-21',
    http: null,
    stdio: json({ mcpServers: { sallyport: command } }),
  },
  cursor: {
    source: 'https://cursor.com/docs/mcp',
    read: '2026-11-21',
    http: json({ mcpServers: { sallyport: { url: 'https://example.com/mcp', headers } } }),
    stdio: json({ mcpServers: { sallyport: command } }),
  },
  'vs-code': {
    source: 'https://code.visualstudio.com/docs/copilot/reference/mcp-configuration',
    read: '2026-11-21',
    http: json({ servers: { sallyport: { type: 'http', url: 'https://example.com/mcp', headers } } }),
    stdio: json({ servers: { sallyport: { type: 'stdio', ...command } } }),
  },
  windsurf: {
    source: 'https://docs.windsurf.com/windsurf/cascade/mcp',
    read: '2026-11-21',
    http: json({ mcpServers: { sallyport: { serverUrl: 'https://example.com/mcp', headers } } }),
    stdio: json({ mcpServers: { sallyport: command } }),
  },
  zed: {
    source: 'https://zed.dev/docs/ai/mcp',
    read: '2026-11-21',
    http: json({ context_servers: { sallyport: { url: 'https://example.com/mcp', headers } } }),
    stdio: json({ context_servers: { sallyport: { ...command, env: {} } } }),
  },
  codex: {
    source: 'https://developers.openai.com/codex/mcp',
    read: '2026-11-21',
    http: { kind: 'toml', text: '[mcp_servers.sallyport]\nurl = "https://example.com/mcp"\nbearer_token_env_var = "TOKEN"' },
    stdio: { kind: 'toml', text: '[mcp_servers.sallyport]\ncommand = "npx"\nargs = ["-y", "mcp-server"]' },
  },
  gemini: {
    source: 'https://github.com/google-gemini/gemini-cli/blob/main/docs/tools/mcp-server.md',
    read: '2026-11-21',
    http: json({ mcpServers: { sallyport: { httpUrl: 'https://example.com/mcp', headers } } }),
    stdio: json({ mcpServers: { sallyport: command } }),
  },
  inspector: {
    source: 'https://github.com/modelcontextprotocol/inspector',
    read: '2026-11-21',
    http: json({ mcpServers: { sallyport: { type: 'http', url: 'https://example.com/mcp', headers } } }),
    stdio: json({ mcpServers: { sallyport: { type: 'stdio', ...command } } }),
  },
};

/** Lines that a person pastes into a shell, in the words that the vendor documents. */
export const DOCUMENTED_LINES: Readonly<Record<string, { readonly http?: readonly string[]; readonly stdio?: readonly string[] }>> = {
  'claude-code': {
    http: ['claude', 'mcp', 'add', '--transport', 'http', '*', '*', '--header', 'Authorization: Bearer *'],
    stdio: ['claude', 'mcp', 'add', '*', '--', '...'],
  },
  'vs-code': { http: ['code', '--add-mcp', '{*'], stdio: ['code', '--add-mcp', '{*'] },
  codex: {
    http: ['codex', 'mcp', 'add', '*', '--url', '*', '--bearer-token-env-var', '*'],
    stdio: ['codex', 'mcp', 'add', '*', '--', '...'],
  },
  gemini: { http: ['gemini', 'mcp', 'add', '--transport', 'http', '--header', 'Authorization: Bearer *', '*', '*'] },
  inspector: {
    http: [
      'npx',
      '@modelcontextprotocol/inspector',
      '--cli',
      '*',
      '--transport',
      'http',
      '--method',
      '*',
      '--header',
      'Authorization: Bearer *',
    ],
  },
};
