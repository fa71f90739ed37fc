import { z } from 'zod';

/** Whatever JSON holds. */
export const json = z.json().meta({ id: 'Json' });
