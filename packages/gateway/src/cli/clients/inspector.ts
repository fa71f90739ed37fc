import { bearer, type Client, file, quoted } from './client.ts';

/**
 * clients/cli/README.md, "Remote Servers" (`--cli URL --transport http --method M --header H`), and docs/mcp-server-configuration.md, "File format", for
 * the file that `--config FILE --server NAME` reads.
 */
export const inspector: Client = {
  name: 'inspector',
  title: 'MCP Inspector',
  source: 'https://github.com/modelcontextprotocol/inspector',
  http: ({ url, key }) => ({
    ...file(PLACE, { mcpServers: { sallyport: { type: 'http', url, headers: { Authorization: bearer(key) } } } }),
    line: `npx @modelcontextprotocol/inspector --cli ${url} --transport http --method tools/list --header ${quoted(`Authorization: ${bearer(key)}`)}`,
  }),
  stdio: ({ command, args }) => file(PLACE, { mcpServers: { sallyport: { type: 'stdio', command, args } } }),
};

const PLACE = 'mcp.json for --config mcp.json --server sallyport';
