import { useState } from 'react';
import { findProblem, useDo } from '../api/ask.ts';
import { CreateSilenceDocument } from '../generated/graphql.ts';

/**
 * @param onSilenced called when one was made
 * @returns silences a metric or a resource, and what came of the last time in one sentence
 */
export function useSilence(onSilenced?: () => void) {
  const create = useDo(CreateSilenceDocument);
  const [said, setSaid] = useState('');
  const silence = async (
    about: { readonly metricId: string } | { readonly server: string | null },
    seconds: number,
    span: string,
  ) => {
    const problem = findProblem(await create({ input: { ...about, seconds } }));
    setSaid(problem ?? `${'metricId' in about ? 'Metric' : 'Resource'} silenced for ${span}.`);
    if (problem === null) onSilenced?.();
  };
  return { said, silence };
}
