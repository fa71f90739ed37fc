import type { Revision } from '../revision.ts';
import { RULES_2025_03_26 } from './2025-03-26.ts';
import { RULES_2025_06_18 } from './2025-06-18.ts';
import { RULES_2025_11_25 } from './2025-11-25.ts';
import { RULES_2026_07_28 } from './2026-07-28.ts';
import type { RevisionRules } from './rules.ts';

const TABLE = {
  '2025-03-26': RULES_2025_03_26,
  '2025-06-18': RULES_2025_06_18,
  '2025-11-25': RULES_2025_11_25,
  '2026-07-28': RULES_2026_07_28,
} as const satisfies Record<Revision, RevisionRules>;

export const rulesOf = (revision: Revision): RevisionRules => TABLE[revision];
