import { bearer, type ClientConfiguration, type Endpoint } from './client.ts';

/** https://cursor.com/docs/mcp: `mcpServers` with `url` and `headers`; .cursor/mcp.json for a project, ~/.cursor/mcp.json for all. */
export function cursor({ url, key }: Endpoint): ClientConfiguration {
  const configuration = { mcpServers: { sallyport: { url, headers: { Authorization: bearer(key) } } } };
  return {
    client: 'Cursor',
    place: '.cursor/mcp.json',
    line: JSON.stringify(configuration),
    text: JSON.stringify(configuration, null, 2),
  };
}
