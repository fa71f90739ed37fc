import { failure, type Result } from '../base/result.ts';
import type { Decision } from '../contracts/decision.ts';
import type { PolicyReason } from '../contracts/reasons/policy.ts';
import { openDocument } from './compile-policies.ts';
import { openDecider } from './decide.ts';
import { type PolicyDocument, versionOf } from './document.ts';
import type { DecisionInputs } from './inputs.ts';

/**
 * The decision that stored inputs get under a stored document, without a cache (R2-058). `policy.invalid`: the document is not the one
 * that the record names, or does not compile; `policy.fault`: Cedar failed.
 */
export function replay(document: PolicyDocument, version: string, inputs: DecisionInputs): Result<Decision, PolicyReason> {
  if (versionOf(document) !== version) return failure('policy.invalid', 'the document does not have the version of the record');
  const own = openDocument(document);
  if (!own.ok) return own;
  try {
    return openDecider(document, version, own.value)(inputs);
  } catch (error) {
    return failure('policy.fault', String(error).slice(0, 300));
  }
}
