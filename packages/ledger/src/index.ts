export type { GuardResult, PublicPart, RecordKind } from './record.ts';
