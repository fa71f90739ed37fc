export type { JournalSettings } from './config.ts';
export type { Damage } from './damage.ts';
export { systemFiles } from './files.ts';
export type { FollowRequest } from './follow.ts';
export { type AuditRoom, type JournalDeps, openJournal } from './journal.ts';
export type { JournalFile, JournalFiles } from './journal-files.ts';
export type { Query, QueryPage } from './query.ts';
export type { StoredRecord } from './stored-record.ts';
export { type OnRecord, type Verification, verifyLog } from './verify.ts';
