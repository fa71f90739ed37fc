import { describe, expect, it } from 'vitest';
import { Cancellation } from './cancellation.ts';

describe('a cancellation', () => {
  const listened = () => {
    const told: string[] = [];
    return { told, of: (name: string) => () => void told.push(name) };
  };

  it('tells each who listens once, however often it comes', () => {
    const { told, of } = listened();
    const cancellation = new Cancellation();
    cancellation.signal.addEventListener('abort', of('a'), { once: true });
    cancellation.signal.addEventListener('abort', of('b'), { once: true });
    expect(cancellation.aborted).toBe(false);
    cancellation.abort();
    cancellation.abort();
    expect(told).toEqual(['a', 'b']);
    expect(cancellation.signal.aborted).toBe(true);
  });

  it('does not tell who has left, and does not mind who never came', () => {
    const { told, of } = listened();
    const cancellation = new Cancellation();
    const leaving = of('left');
    cancellation.addEventListener('abort', leaving);
    cancellation.addEventListener('abort', of('stayed'));
    cancellation.removeEventListener('abort', leaving);
    cancellation.removeEventListener('abort', of('stranger'));
    cancellation.abort();
    expect(told).toEqual(['stayed']);
  });

  it('reaches those who still listen when one leaves while it is told', () => {
    const { told, of } = listened();
    const cancellation = new Cancellation();
    const second = of('second');
    cancellation.addEventListener('abort', () => cancellation.removeEventListener('abort', second));
    cancellation.addEventListener('abort', second);
    cancellation.abort();
    expect(told).toEqual(['second']);
  });
});
