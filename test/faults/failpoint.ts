/**
 * Placed into test builds only: what happens at a failpoint is said by FAILPOINTS, as `name=action@probability`, comma
 * between them. Actions: `sleep:MS`, `exit` (at once, as kill -9), `throw`.
 */
import { setTimeout as pause } from 'node:timers/promises';

interface Plan {
  readonly action: string;
  readonly probability: number;
}

const plans = new Map(
  (process.env.FAILPOINTS ?? '')
    .split(',')
    .filter((part) => part !== '')
    .map((part): [string, Plan] => {
      const [name = '', rest = ''] = part.split('=');
      const [action = '', probability = '1'] = rest.split('@');
      return [name, { action, probability: Number(probability) }];
    }),
);

/** Does what FAILPOINTS says of this place: mostly nothing. */
export async function reach(name: string): Promise<void> {
  const plan = plans.get(name);
  if (plan === undefined || Math.random() >= plan.probability) return;
  if (plan.action.startsWith('sleep:')) await pause(Number(plan.action.slice('sleep:'.length)));
  else if (plan.action === 'exit') process.kill(process.pid, 'SIGKILL');
  else throw new Error(`failpoint ${name}`);
}
