import { bearer, type Client, file } from './client.ts';

/** `mcpServers` with `url` and `headers`, or `command` and `args`; .cursor/mcp.json for a project, ~/.cursor/mcp.json for all. */
export const cursor: Client = {
  name: 'cursor',
  title: 'Cursor',
  source: 'https://cursor.com/docs/mcp',
  http: ({ url, key }) => file('.cursor/mcp.json', { mcpServers: { sallyport: { url, headers: { Authorization: bearer(key) } } } }),
  stdio: ({ command, args }) => file('.cursor/mcp.json', { mcpServers: { sallyport: { command, args } } }),
};
