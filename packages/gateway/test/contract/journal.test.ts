import { openSegments } from './journal-backend.ts';
import { journalContract } from './journal-suite.ts';

journalContract('segments', openSegments);
