import { bearer, type Client, literal } from './client.ts';

/**
 * `servers`, each with its `type`, in .vscode/mcp.json; `code --add-mcp JSON` adds one, with its `name`, to the user's own
 * (https://code.visualstudio.com/docs/copilot/chat/mcp-servers).
 */
export const vsCode: Client = {
  name: 'vs-code',
  title: 'VS Code',
  source: 'https://code.visualstudio.com/docs/copilot/reference/mcp-configuration',
  http: ({ url, key }) => way({ type: 'http', url, headers: { Authorization: bearer(key) } }),
  stdio: ({ command, args }) => way({ type: 'stdio', command, args }),
};

const way = (server: object) => ({
  place: '.vscode/mcp.json',
  line: `code --add-mcp ${literal(JSON.stringify({ name: 'sallyport', ...server }))}`,
  text: JSON.stringify({ servers: { sallyport: server } }, null, 2),
  note: null,
});
