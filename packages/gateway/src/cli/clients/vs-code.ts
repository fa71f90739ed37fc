import { bearer, type ClientConfiguration, type Endpoint, literal } from './client.ts';

/**
 * https://code.visualstudio.com/docs/copilot/reference/mcp-configuration: `servers`, each with `type`, `url` and `headers`, in .vscode/mcp.json;
 * `code --add-mcp JSON` adds one, with its `name`, to the user's own (https://code.visualstudio.com/docs/copilot/chat/mcp-servers).
 */
export function vsCode({ url, key }: Endpoint): ClientConfiguration {
  const server = { type: 'http', url, headers: { Authorization: bearer(key) } };
  return {
    client: 'VS Code',
    place: '.vscode/mcp.json',
    line: `code --add-mcp ${literal(JSON.stringify({ name: 'sallyport', ...server }))}`,
    text: JSON.stringify({ servers: { sallyport: server } }, null, 2),
  };
}
