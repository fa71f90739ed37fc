import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isServerId, type ServerId } from '../base/ids.ts';
import { qualifyName, qualifyUri, splitName, splitUri } from './names.ts';

const word = fc.stringMatching(/^[a-z0-9]{1,8}$/);
const server = fc
  .tuple(fc.stringMatching(/^[a-z][a-z0-9]{0,7}$/), fc.array(word, { maxLength: 3 }))
  .map(([first, rest]) => [first, ...rest].join('-'))
  .filter(isServerId);
const name = fc.oneof(
  fc.stringMatching(/^[A-Za-z0-9_.-]{1,40}$/),
  fc.constantFrom('__', '_a', 'a__b', 'files__read'),
  fc.string({ minLength: 1 }),
);
const uri = fc.oneof(
  fc.webUrl(),
  fc.string({ minLength: 1 }).filter((text) => text !== 'ui://'),
  fc.string({ minLength: 1 }).map((rest) => `ui://${rest}`),
  fc.constantFrom('a+b:c', 'git+ssh://x', 'ui://a__b', '{+path}', 'file:///{path}', 'UI://x', '+', '__', 'ui:/x'),
);

describe('a name on /mcp', () => {
  it('is the server and its own name again, for every tool and prompt [R2-002 partial: names]', () => {
    fc.assert(fc.property(server, name, (id, own) => void expect(splitName(qualifyName(id, own))).toEqual({ server: id, name: own })));
  });

  it('is the server and its own URI again, for every resource and template', () => {
    fc.assert(
      fc.property(server, uri, (id, own) => void expect(splitUri(qualifyUri(id, own))).toEqual({ server: id, name: own })),
      { numRuns: 2000 },
    );
  });

  it('is never the name of two: what splits is what was made', () => {
    const any = fc.oneof(
      uri,
      name,
      fc.tuple(server, uri).map(([id, own]) => `${id}+${own}`),
      fc.tuple(server, uri).map(([id, own]) => `ui://${id}__${own}`),
    );
    fc.assert(
      fc.property(any, (text) => {
        const found = splitUri(text);
        if (found !== null) expect(qualifyUri(found.server, found.name)).toBe(text);
        const tool = splitName(text);
        if (tool !== null) expect(qualifyName(tool.server, tool.name)).toBe(text);
      }),
      { numRuns: 2000 },
    );
  });

  it('keeps the scheme that hosts test', () => {
    expect(qualifyUri('files' as ServerId, 'ui://view/x')).toBe('ui://files__view/x');
    expect(splitUri('ui://files__view__x')).toEqual({ server: 'files', name: 'ui://view__x' });
  });

  it.each(['', 'x', '+x', 'Files+x:y', 'a_b+x:y', 'files+', 'files+ui://x', 'ui://x', 'ui://files__', 'ui://__x', 'fíles+x:y', '-a+x'])(
    'is not %j',
    (text) => {
      expect(splitUri(text)).toBeNull();
    },
  );
});
