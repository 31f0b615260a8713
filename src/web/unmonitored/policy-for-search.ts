/** The monitoring policy that means what a search finds. */
import type { CreateMonitoringPolicyInput } from '../generated/graphql.ts';

/** Pushed metrics with the text in their names, those that are there and those to come. */
export function describePolicy(text: string): CreateMonitoringPolicyInput {
  const literal = text.replaceAll(/[\\*?]/g, (character) => `\\${character}`);
  const namePattern = text === '' ? '*' : `*${literal}*`;
  const name = text === '' ? 'Everything pushed' : `Names with ${text}`.slice(0, 255);
  return { name, match: { namePattern }, applyToExisting: true };
}
