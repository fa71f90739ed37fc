import { bearer, type Client, file, quoted } from './client.ts';

/** `mcpServers` in settings.json: `httpUrl` is Streamable HTTP (`url` would be the older SSE), `headers` go with it. */
export const gemini: Client = {
  name: 'gemini',
  title: 'Gemini CLI',
  source: 'https://github.com/google-gemini/gemini-cli/blob/main/docs/tools/mcp-server.md',
  http: ({ url, key }) => ({
    ...file(PLACE, { mcpServers: { sallyport: { httpUrl: url, headers: { Authorization: bearer(key) } } } }),
    line: `gemini mcp add --transport http --header ${quoted(`Authorization: ${bearer(key)}`)} sallyport ${url}`,
  }),
  stdio: ({ command, args }) => file(PLACE, { mcpServers: { sallyport: { command, args } } }),
};

const PLACE = '~/.gemini/settings.json';
