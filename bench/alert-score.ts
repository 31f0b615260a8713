/** What an alert sees of a row, at whatever score it is set to alert. */
import { JUST_BELOW_RED } from '../src/detector/likelihood.ts';
import type { Judgement } from '../src/model.ts';

/**
 * The score of rows that begin something at their own level; 0 on rows that continue it and while learning. A red row
 * within the quiet period is no red alert; to one that is set lower it is as good as red.
 */
export function alertScore({ score, episode, phase, provisional }: Judgement): number {
  if (provisional) return 0;
  if (episode) return score;
  return phase === 'QUIET_PERIOD' ? JUST_BELOW_RED : 0;
}
