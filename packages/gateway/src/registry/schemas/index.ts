export type { Dialect } from './dialect.ts';
export { SchemaSandbox } from './schema-sandbox.ts';
export { Validators } from './validator.ts';
export { type Lane, type Vetted, vetSchema } from './vet-schema.ts';
