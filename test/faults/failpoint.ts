/**
 * Placed into test builds only: what happens at a failpoint is said by FAILPOINTS, as `name=action@probability`, comma
 * between them, and by the file FAILPOINTS_FILE, where that is there, as `name=action`: what the file says is done once, and
 * the file is gone by then. Actions: `sleep:MS`, `exit` (at once, as kill -9), `freeze` (as SIGSTOP), `throw`.
 */
import { readFileSync, rmSync } from 'node:fs';
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

/** Does what FAILPOINTS and FAILPOINTS_FILE say of this place: mostly nothing. */
export async function reach(name: string): Promise<void> {
  const armed = takeArmed(name);
  if (armed !== null) await act(armed, name);
  const plan = plans.get(name);
  if (plan !== undefined && Math.random() < plan.probability) await act(plan.action, name);
}

function takeArmed(name: string): string | null {
  const file = process.env.FAILPOINTS_FILE;
  if (file === undefined) return null;
  try {
    const [wanted, action = ''] = readFileSync(file, 'utf8').split('=');
    if (wanted !== name) return null;
    rmSync(file);
    return action;
  } catch {
    // Nothing is armed.
    return null;
  }
}

async function act(action: string, name: string): Promise<void> {
  if (action.startsWith('sleep:')) await pause(Number(action.slice('sleep:'.length)));
  else if (action === 'exit') process.kill(process.pid, 'SIGKILL');
  else if (action === 'freeze') process.kill(process.pid, 'SIGSTOP');
  else throw new Error(`failpoint ${name}`);
}
