import { bearer, type Client, file } from './client.ts';

/** "As custom servers": `context_servers` in settings.json, with `url` and `headers`, or `command`, `args` and `env`. */
export const zed: Client = {
  name: 'zed',
  title: 'Zed',
  source: 'https://zed.dev/docs/ai/mcp',
  http: ({ url, key }) => file(PLACE, { context_servers: { sallyport: { url, headers: { Authorization: bearer(key) } } } }),
  stdio: ({ command, args }) => file(PLACE, { context_servers: { sallyport: { command, args, env: {} } } }),
};

const PLACE = 'settings.json (zed: open settings file)';
