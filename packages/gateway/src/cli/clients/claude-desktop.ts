import { type Client, file } from './client.ts';

/** "Connect to local MCP servers": the file holds commands only. Remote servers are added in its settings and sign in with OAuth; they take no header. */
export const claudeDesktop: Client = {
  name: 'claude-desktop',
  title: 'Claude Desktop',
  source: 'https://modelcontextprotocol.io/docs/develop/connect-local-servers',
  http: null,
  stdio: ({ command, args }) =>
    file(
      'claude_desktop_config.json (Settings > Developer > Edit Config)',
      { mcpServers: { sallyport: { command, args } } },
      'Restart Claude Desktop afterwards.',
    ),
};
