import { claudeCode } from './claude-code.ts';
import { claudeDesktop } from './claude-desktop.ts';
import type { Client } from './client.ts';
import { codex } from './codex.ts';
import { cursor } from './cursor.ts';
import { gemini } from './gemini.ts';
import { inspector } from './inspector.ts';
import { vsCode } from './vs-code.ts';
import { windsurf } from './windsurf.ts';
import { zed } from './zed.ts';

export type { Client, Endpoint, Program, Way } from './client.ts';

/** Every client that is known, in the order in which they are printed. */
export const CLIENTS: readonly Client[] = [claudeCode, claudeDesktop, cursor, vsCode, windsurf, zed, codex, gemini, inspector];

/** Those that the demo's first screen has room for. */
export const FIRST_CLIENTS: readonly Client[] = [claudeCode, cursor, vsCode, inspector];
