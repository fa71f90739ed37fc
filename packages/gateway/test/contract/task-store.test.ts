import { openSqlite } from './sqlite-backend.ts';
import { taskStoreContract } from './task-store-suite.ts';

taskStoreContract('sqlite', openSqlite);
