import { useState } from 'react';
import { findProblem, useDo } from '../api/ask.ts';
import { MonitorAllLikeDocument } from '../generated/graphql.ts';
import { describePolicy } from './policy-for-search.ts';

/**
 * Monitors pushed metrics with a text in their names, those that are there and those to come, by a policy.
 * @returns how, and what stood in the way of the last one
 */
export function useMonitorAllLike(onDone: () => void) {
  const create = useDo(MonitorAllLikeDocument);
  const [problems, setProblems] = useState<readonly string[]>([]);
  const monitorAllLike = async (text: string) => {
    const outcome = await create({ input: describePolicy(text) });
    const saved = 'data' in outcome ? outcome.data.createMonitoringPolicy : null;
    const refusal = saved !== null && 'refusal' in saved ? (saved.refusal?.message ?? null) : null;
    setProblems([findProblem(outcome), refusal].filter((problem) => problem !== null));
    onDone();
  };
  return { problems, monitorAllLike };
}
