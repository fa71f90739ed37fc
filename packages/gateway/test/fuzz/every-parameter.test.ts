import { describe } from 'vitest';

// Each in a file of its own; together they are every parameter that anybody outside can set.
describe('every parameter of the protocol and of administration [R2-033]', async () => {
  await import('./mcp-parameters.ts');
  await import('./admin-parameters.ts');
});
