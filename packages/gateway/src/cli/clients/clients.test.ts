import { describe, expect, it } from 'vitest';
import { clientConfigurations } from './index.ts';

const ENDPOINT = { url: 'http://127.0.0.1:8080/mcp', key: 'sp_0123456789abcdef' };

const PINS = [
  {
    client: 'Claude Code',
    place: 'shell',
    line: 'claude mcp add --transport http sallyport http://127.0.0.1:8080/mcp --header "Authorization: Bearer sp_0123456789abcdef"',
  },
  {
    client: 'Cursor',
    place: '.cursor/mcp.json',
    line: '{"mcpServers":{"sallyport":{"url":"http://127.0.0.1:8080/mcp","headers":{"Authorization":"Bearer sp_0123456789abcdef"}}}}',
  },
  {
    client: 'VS Code',
    place: '.vscode/mcp.json',
    line: `code --add-mcp '{"name":"sallyport","type":"http","url":"http://127.0.0.1:8080/mcp","headers":{"Authorization":"Bearer sp_0123456789abcdef"}}'`,
  },
  {
    client: 'MCP Inspector',
    place: 'mcp.json for --config mcp.json --server sallyport',
    line: 'npx @modelcontextprotocol/inspector --cli http://127.0.0.1:8080/mcp --transport http --method tools/list --header "Authorization: Bearer sp_0123456789abcdef"',
  },
];

const VS_CODE_FILE = `{
  "servers": {
    "sallyport": {
      "type": "http",
      "url": "http://127.0.0.1:8080/mcp",
      "headers": {
        "Authorization": "Bearer sp_0123456789abcdef"
      }
    }
  }
}`;

const INSPECTOR_FILE = `{
  "mcpServers": {
    "sallyport": {
      "type": "http",
      "url": "http://127.0.0.1:8080/mcp",
      "headers": {
        "Authorization": "Bearer sp_0123456789abcdef"
      }
    }
  }
}`;

describe('client configurations', () => {
  it('are printed in one fixed order, with the lines that their vendors document', () => {
    expect(clientConfigurations(ENDPOINT).map(({ client, place, line }) => ({ client, place, line }))).toEqual(PINS);
  });

  it('lay the files out as VS Code and the Inspector read them', () => {
    const texts = new Map(clientConfigurations(ENDPOINT).map(({ client, text }) => [client, text]));
    expect(texts.get('VS Code')).toBe(VS_CODE_FILE);
    expect(texts.get('MCP Inspector')).toBe(INSPECTOR_FILE);
  });

  it.each(clientConfigurations({ url: 'http://h/mcp', key: 'a"b$c`d\\e\'f' }))(
    '$client keeps a hostile key inside its quotes',
    ({ line, text }) => {
      for (const shown of [line, text]) {
        if (!shown.startsWith('{')) expect(shown).toMatch(/a\\"b\\\$c\\`d\\\\e'f"|a\\"b\$c`d\\\\e'\\''f/);
        else expect(JSON.stringify(JSON.parse(shown))).toContain(JSON.stringify('Bearer a"b$c`d\\e\'f'));
      }
    },
  );
});
