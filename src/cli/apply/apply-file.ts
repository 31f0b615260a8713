/** `lapwing apply`: makes a running server be as a file says, and shows what that changes. */
import { OperatorError } from '../../errors.ts';
import { connectGraphql } from '../graphql-client.ts';
import { ApplyRun, type Output } from './apply-run.ts';
import { nameInput } from '../named-file.ts';
import { loadConfiguration } from './load-file.ts';
import { countActions, writeStep } from './plan.ts';

interface ApplyOptions {
  /** `-` for standard input. */
  readonly file: string;
  /** The GraphQL address of the server. */
  readonly url: string;
  readonly key: string | null;
  /** Whether to show what would change and change nothing. */
  readonly isDryRun: boolean;
  readonly environment: NodeJS.ProcessEnv;
  /** Where the changes are shown, and where what failed. */
  readonly output: Output;
  readonly errors: Output;
}

/** Some entries could not be applied; the others were. */
class ApplyError extends OperatorError {
  override readonly name = 'ApplyError';
}

/**
 * @returns whether there was something to change
 * @throws ConfigurationFileError when nothing was applied because of what the file says; ApplyError when some entries
 *   could not be, and the others were; RemoteError when the server does not answer
 */
export async function applyFile(options: ApplyOptions): Promise<boolean> {
  const { file, environment, output } = options;
  const configuration = await loadConfiguration(file, environment);
  const run = new ApplyRun(connectGraphql(options.url, options.key), configuration, options.errors);
  const steps = await run.plan();
  for (const step of steps) output.write(writeStep(step));
  const { add, change, delete: gone } = countActions(steps);
  const isSame = add + change + gone === 0;
  if (isSame) output.write(run.failed === 0 ? 'No changes.\n' : 'No other changes.\n');
  else output.write(`Plan: ${add} to add, ${change} to change, ${gone} to delete.\n`);
  if (!options.isDryRun && !isSame) {
    const done = countActions(await run.apply(steps));
    output.write(`Applied: ${done.add} added, ${done.change} changed, ${done.delete} deleted.\n`);
  }
  if (run.failed === 0) return !isSame;
  throw new ApplyError(`${run.failed} of ${run.total} entries of ${nameInput(file)} could not be applied`);
}
