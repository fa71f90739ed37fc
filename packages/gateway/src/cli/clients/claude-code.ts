import { bearer, type ClientConfiguration, type Endpoint, quoted } from './client.ts';

/** https://code.claude.com/docs/en/mcp, "Add a remote HTTP server", with an authentication header. `--header` takes several values, so it stands last. */
export function claudeCode({ url, key }: Endpoint): ClientConfiguration {
  const header = quoted(`Authorization: ${bearer(key)}`);
  return {
    client: 'Claude Code',
    place: 'shell',
    line: `claude mcp add --transport http sallyport ${url} --header ${header}`,
    text: `claude mcp add --transport http sallyport ${url} \\\n  --header ${header}`,
  };
}
