import { createHook } from 'node:async_hooks';

const held: object[] = [];

/**
 * Keeps one object of `process.nextTick` for the life of the process. The engine refers to their hidden class weakly: a full collection while no tick
 * is queued takes it away, and every tick from then on defines its properties in the slow path, 1 us and more instead of 0.1, six times a call
 * (docs/decisions/what-a-call-costs.md).
 */
export function keepTickShape(): void {
  if (held.length > 0) return;
  const hook = createHook({
    init(_id, type, _trigger, resource) {
      if (type === 'TickObject') held.push(resource);
    },
  });
  hook.enable();
  process.nextTick(() => undefined);
  hook.disable();
}
