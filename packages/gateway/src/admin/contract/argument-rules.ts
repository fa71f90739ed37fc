import { z } from 'zod';

const argument = z.string().min(1).max(300).describe('An argument of the tool, at the top of its arguments.');
const text = z.string().min(1).max(300);

// Without a name of its own: it stands in requests, which are strict, and in answers, which may grow.
const rule = z.union([
  z.strictObject({ argument, below: text.describe('A path or URL: the argument has to be it, or something below it, written plainly.') }),
  z.strictObject({ argument, oneOf: z.array(text).min(1).max(50).describe('The argument has to be one of these texts.') }),
]);

export const argumentRules = z.array(rule).min(1).max(10).describe('What the arguments of calls have to be; all rules hold together.');

export type RuleView = z.infer<typeof rule>;
