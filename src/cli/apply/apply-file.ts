/** `lapwing apply`: makes a running server be as a file says, and shows what that changes. */
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { text } from 'node:stream/consumers';
import { OperatorError } from '../../errors.ts';
import { GraphqlClient } from '../graphql-client.ts';
import { ApplyRun, type Output } from './apply-run.ts';
import { countActions, writeStep } from './plan.ts';
import { ConfigurationFileError, readConfiguration } from './read-configuration.ts';

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
 * @throws ConfigurationFileError when nothing was applied because of what the file says; ApplyError when some entries
 *   could not be, and the others were; RemoteError when the server does not answer
 */
export async function applyFile(options: ApplyOptions): Promise<void> {
  const { file, environment, output } = options;
  const name = file === '-' ? 'standard input' : file;
  const folder = file === '-' ? '.' : dirname(file);
  const configuration = readConfiguration(await readSource(file), name, { folder, environment });
  const run = new ApplyRun(new GraphqlClient(options.url, options.key), configuration, options.errors);
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
  if (run.failed === 0) return;
  throw new ApplyError(`${run.failed} of ${run.total} entries of ${name} could not be applied`);
}

/** @throws ConfigurationFileError when there is no such file */
async function readSource(file: string): Promise<string> {
  if (file === '-') return text(process.stdin);
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigurationFileError(`cannot read ${file}: ${reason}`, { cause: error });
  }
}
