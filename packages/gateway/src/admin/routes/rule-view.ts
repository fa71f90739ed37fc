import type { ArgumentRule } from '../../base/argument-rules.ts';
import type { RuleView } from '../contract/argument-rules.ts';

export const ruleView = (rule: ArgumentRule): RuleView =>
  'below' in rule ? { argument: rule.argument, below: rule.below } : { argument: rule.argument, oneOf: [...rule.oneOf] };
