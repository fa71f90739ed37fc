import { bearer, type Client, commandLine, quoted } from './client.ts';

/** "Add a remote HTTP server", with an authentication header: `--header` takes several values, so it stands last. "Add a local stdio server": `--` before the command. */
export const claudeCode: Client = {
  name: 'claude-code',
  title: 'Claude Code',
  source: 'https://code.claude.com/docs/en/mcp',
  http: ({ url, key }) => {
    const header = quoted(`Authorization: ${bearer(key)}`);
    return {
      place: 'shell',
      line: `claude mcp add --transport http sallyport ${url} --header ${header}`,
      text: `claude mcp add --transport http sallyport ${url} \\\n  --header ${header}`,
      note: null,
    };
  },
  stdio: (program) => {
    const line = `claude mcp add sallyport -- ${commandLine(program)}`;
    return { place: 'shell', line, text: line, note: null };
  },
};
