/** What is monitored by itself. */
import { Policies } from '../core/monitoring/policies/policies.ts';
import { PolicyBook } from '../core/monitoring/policies/policy-book.ts';
import { PolicyRollout, type RolloutOptions } from '../core/monitoring/policies/policy-rollout.ts';

export interface OpenPolicies {
  readonly book: PolicyBook;
  readonly rollout: PolicyRollout;
  readonly policies: Policies;
}

export async function openPolicies(options: Omit<RolloutOptions, 'book'>): Promise<OpenPolicies> {
  const book = new PolicyBook(options);
  await book.load();
  const rollout = new PolicyRollout({ ...options, book });
  return { book, rollout, policies: new Policies({ ...options, book, rollout }) };
}
