import type { Migration } from '../../storage/index.ts';
import { createJournal } from './0001-journal.ts';

/** For PostgreSQL; the embedded journal has files of its own. */
export const AUDIT_MIGRATIONS: readonly Migration[] = [createJournal];
