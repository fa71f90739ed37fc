import { type Client, commandLine, literal } from './client.ts';

/** `[mcp_servers.NAME]` in config.toml. A token never stands in that file: it names the environment variable that holds it. */
export const codex: Client = {
  name: 'codex',
  title: 'Codex CLI',
  source: 'https://developers.openai.com/codex/mcp',
  http: ({ url, key }) => ({
    place: PLACE,
    line: `codex mcp add sallyport --url ${url} --bearer-token-env-var SALLYPORT_KEY`,
    text: `[mcp_servers.sallyport]\nurl = ${toml(url)}\nbearer_token_env_var = "SALLYPORT_KEY"`,
    note: `Codex reads the key from its environment: export SALLYPORT_KEY=${literal(key)}`,
  }),
  stdio: (program) => ({
    place: PLACE,
    line: `codex mcp add sallyport -- ${commandLine(program)}`,
    text: `[mcp_servers.sallyport]\ncommand = ${toml(program.command)}\nargs = [${program.args.map(toml).join(', ')}]`,
    note: null,
  }),
};

const PLACE = '~/.codex/config.toml';

/** A basic string of TOML 1.0 has the escapes of JSON, and forbids DEL besides. */
const toml = (text: string): string => JSON.stringify(text).replaceAll('\u007f', '\\u007f');
