import { describe, expect, it } from 'vitest';
import { remembered } from './remembered.ts';

function counted(most: number) {
  const asked: unknown[] = [];
  const remember = remembered<string>(most);
  return {
    asked,
    of: (...content: readonly unknown[]) =>
      remember(content, () => {
        asked.push(content);
        return `answer ${asked.length}`;
      }),
  };
}

describe('what is remembered', () => {
  it('is asked once for equal content, whichever object it stands in', () => {
    const { of, asked } = counted(4);
    expect([of('schema', { a: 'permit' }, 1), of('schema', { a: 'permit' }, 1)]).toEqual(['answer 1', 'answer 1']);
    expect(asked).toHaveLength(1);
  });

  it.each([
    ['another schema', ['other', { a: 'permit' }]],
    ['another text', ['schema', { a: 'forbid' }]],
    ['another name', ['schema', { b: 'permit' }]],
    ['one more', ['schema', { a: 'permit', b: 'permit' }]],
    ['a text that reads like two', ['schema","{"a":"permit"}', {}]],
  ])('is not mistaken for %s', (_, other) => {
    const { of } = counted(4);
    of('schema', { a: 'permit' });
    expect(of(...other)).toBe('answer 2');
  });

  it('is asked again after its object was changed', () => {
    const { of } = counted(4);
    const policies = { a: 'permit' };
    of(policies);
    policies.a = 'forbid';
    expect(of(policies)).toBe('answer 2');
  });

  it('is nothing where the question failed', () => {
    const remember = remembered<string>(4);
    const fails = (): string => {
      throw new Error('no answer');
    };
    expect(() => remember(['x'], fails)).toThrow('no answer');
    expect(remember(['x'], () => 'answer')).toBe('answer');
  });

  it('is let go when there is more than the bound', () => {
    const { of, asked } = counted(2);
    for (const one of ['a', 'b', 'c', 'b', 'c']) of(one);
    expect(asked).toEqual([['a'], ['b'], ['c']]);
    of('a');
    expect(asked).toHaveLength(4);
  });
});
