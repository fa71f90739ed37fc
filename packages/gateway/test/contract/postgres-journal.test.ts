import { journalContract } from './journal-suite.ts';
import { postgresJournalBackend } from './postgres-journal-backend.ts';

journalContract('postgres', postgresJournalBackend());
