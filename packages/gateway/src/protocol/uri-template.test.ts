import { describe, expect, it } from 'vitest';
import { compileTemplate } from './uri-template.ts';

const fits = (template: string, uri: string): boolean | null => compileTemplate(template)?.matches(uri) ?? null;

describe('a URI template', () => {
  it.each([
    ['test://template/{id}/data', 'test://template/7/data'],
    ['file:///{+path}', 'file:///a/b/c.txt'],
    ['weather://{city,country}', 'weather://Oslo,NO'],
    ['db://t{?limit,offset}', 'db://t?limit=1&offset=2'],
    ['db://t{?limit,offset}', 'db://t'],
    ['db://t?fixed=1{&more}', 'db://t?fixed=1&more=x'],
    ['x://a{/rest*}', 'x://a/b/c'],
    ['x://a{.ext}', 'x://a.txt'],
    ['x://a{;v}', 'x://a;v=1'],
    ['x://a{#part}', 'x://a#b'],
    ['x://{id}.json', 'x://ü.json'],
    ['{scheme}://x', 'http://x'],
  ])('%s makes %s', (template, uri) => expect(fits(template, uri)).toBe(true));

  it.each([
    ['test://template/{id}/data', 'test://template/7/8/data'],
    ['test://template/{id}/data', 'test://template//data'],
    ['test://template/{id}', 'test://template/7?x=1'],
    ['test://template/{id}', 'xtest://template/7'],
    ['test://template/{id}', 'test://template/7\n'],
    ['db://t{?limit}', 'db://t?other=1'],
    ['db://t{?limit}', 'db://t?limit=1&other=1'],
    ['a.b://{id}', 'aXb://7'],
  ])('%s does not make %s', (template, uri) => expect(fits(template, uri)).toBe(false));

  it.each(['', '{', '}', 'a{b', 'a}b', '{}', '{a b}', '{=a}', '{!a}', '{a:0}', '{a:12345}', '{a**}', '{a}{', 'a b', `${'x'.repeat(2049)}`])(
    '%j is none',
    (template) => expect(compileTemplate(template)).toBeNull(),
  );

  it('names its variables without their modifiers', () => {
    expect(compileTemplate('x://{a}{?b,c*}{/d:3}')?.variables).toEqual(['a', 'b', 'c', 'd']);
  });

  it('is matched in time linear in the URI, whatever it repeats', () => {
    const nested = compileTemplate(`x://${'{+a}'.repeat(30)}end`);
    const began = performance.now();
    expect(nested?.matches(`x://${'a'.repeat(8000)}`)).toBe(false);
    expect(performance.now() - began).toBeLessThan(3000);
  });
});
