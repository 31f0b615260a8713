/** What an alarm may do: notify a topic. */
import { invalid } from '../model/cloudwatch-error.ts';

const MOST_ACTIONS = 5;
const LONGEST_ACTION = 1_024;
const TOPIC = /^arn:[a-z0-9-]{1,32}:sns:[a-z0-9-]{0,64}:[0-9]{0,12}:([A-Za-z0-9_-]{1,256})$/;

/** The topic's name, or null when it is not the ARN of an SNS topic. */
export function readTopic(action: string): string | null {
  return TOPIC.exec(action)?.[1] ?? null;
}

/** @throws CloudwatchError unless at most five ARNs of SNS topics */
export function checkActions(actions: readonly string[] | undefined, path: string): void {
  if (actions === undefined) return;
  if (actions.length > MOST_ACTIONS) {
    throw invalid(path, actions.length, `There may be at most ${MOST_ACTIONS} actions.`);
  }
  for (const [i, action] of actions.entries()) {
    if (action.length <= LONGEST_ACTION && readTopic(action) !== null) continue;
    throw invalid(`${path}.member.${i + 1}`, action, 'It must be the ARN of an SNS topic.');
  }
}
