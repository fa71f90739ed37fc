import { bearer, type ClientConfiguration, type Endpoint, quoted } from './client.ts';

/**
 * github.com/modelcontextprotocol/inspector, clients/cli/README.md, "Remote Servers" (`--cli URL --transport http --method M --header H`), and
 * docs/mcp-server-configuration.md, "File format", for the file that `--config FILE --server NAME` reads.
 */
export function inspector({ url, key }: Endpoint): ClientConfiguration {
  const configuration = { mcpServers: { sallyport: { type: 'http', url, headers: { Authorization: bearer(key) } } } };
  return {
    client: 'MCP Inspector',
    place: 'mcp.json for --config mcp.json --server sallyport',
    line: `npx @modelcontextprotocol/inspector --cli ${url} --transport http --method tools/list --header ${quoted(`Authorization: ${bearer(key)}`)}`,
    text: JSON.stringify(configuration, null, 2),
  };
}
