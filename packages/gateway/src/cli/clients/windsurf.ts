import { bearer, type Client, file } from './client.ts';

/** The schema of Claude Desktop; a remote server has `serverUrl` and may have `headers`. */
export const windsurf: Client = {
  name: 'windsurf',
  title: 'Windsurf',
  source: 'https://docs.windsurf.com/windsurf/cascade/mcp',
  http: ({ url, key }) => file(PLACE, { mcpServers: { sallyport: { serverUrl: url, headers: { Authorization: bearer(key) } } } }, NOTE),
  stdio: ({ command, args }) => file(PLACE, { mcpServers: { sallyport: { command, args } } }, NOTE),
};

const PLACE = '~/.codeium/windsurf/mcp_config.json';
const NOTE = 'Press the refresh button of the MCP panel afterwards.';
