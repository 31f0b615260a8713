/**
 * LAPWING_CONFIG_FILE: the server applies the file when it starts, and reads it again when it is asked to (SIGHUP). A
 * file that is wrong changes nothing.
 */
import type { Log } from '../../log.ts';
import type { Stats } from '../../platform/telemetry/metrics.ts';
import { toError } from '../../platform/runtime/to-error.ts';
import { GraphqlClient } from '../graphql-client.ts';
import { ApplyRun } from './apply-run.ts';
import type { Configuration } from './configuration.ts';
import { loadConfiguration } from './load-file.ts';
import { countActions, type Step } from './plan.ts';

/** The server the file is applied to. */
interface AppliedTo {
  readonly runConfiguration: (query: string, variables: object) => Promise<unknown>;
  readonly engine: { readonly stats: Pick<Stats, 'count' | 'set'> };
}

export class ServedConfiguration {
  readonly #file: string;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #log: Log;
  #server: AppliedTo | null = null;
  /** What is being applied; one after the other. */
  #applying: Promise<void> = Promise.resolve();
  /** Whether it was asked for and has not begun: any number of such requests are one. */
  #isRequested = false;
  #isStopped = false;

  constructor(file: string, environment: NodeJS.ProcessEnv, log: Log) {
    this.#file = file;
    this.#environment = environment;
    this.#log = log;
  }

  /** What the file says. @throws ConfigurationFileError naming every problem with its line and column */
  load(): Promise<Configuration> {
    return loadConfiguration(this.#file, this.#environment);
  }

  /**
   * Applies what the file said before the server started, and the file as it is then where that was asked for meanwhile.
   * What only the server can refuse costs its entry alone: it is logged and counted.
   */
  async start(configuration: Configuration, server: AppliedTo): Promise<void> {
    this.#server = server;
    this.#applying = this.#attempt(server, () => Promise.resolve(configuration));
    if (this.#isRequested) this.#enqueue(server);
    await this.#applying;
  }

  /** Reads the file again and applies it. Resolves when that is done, well or not: the log and the counters say how. */
  async reload(): Promise<void> {
    if (this.#isStopped) return;
    const isFirst = !this.#isRequested;
    this.#isRequested = true;
    if (this.#server !== null && isFirst) this.#enqueue(this.#server);
    await this.#applying;
  }

  /** Begins with nothing further. */
  stop(): void {
    this.#isStopped = true;
  }

  #enqueue(server: AppliedTo): void {
    this.#applying = this.#applying.then(() => {
      this.#isRequested = false;
      return this.#isStopped ? undefined : this.#attempt(server, () => this.load());
    });
  }

  async #attempt(server: AppliedTo, load: () => Promise<Configuration>): Promise<void> {
    const { stats } = server.engine;
    stats.count('config_reloads');
    const isApplied = await this.#apply(server, load);
    stats.set('config_last_reload_successful', isApplied ? 1 : 0);
    if (isApplied) stats.set('config_last_reload_success_timestamp_seconds', Math.floor(Date.now() / 1000));
    else stats.count('config_reloads_failed');
  }

  /** @returns whether the server is as the file says */
  async #apply(server: AppliedTo, load: () => Promise<Configuration>): Promise<boolean> {
    const problems: string[] = [];
    const about = { file: this.#file, problems };
    try {
      const client = new GraphqlClient('this server', server.runConfiguration);
      const errors = { write: (line: string) => problems.push(line.trimEnd()) };
      const run = new ApplyRun(client, await load(), errors);
      const steps = await run.plan();
      if (run.failed > 0) {
        this.#log.error(about, 'the configuration file cannot be applied; nothing was changed');
        return false;
      }
      const done = describeDone(await run.apply(steps));
      if (run.failed === 0)
        this.#log.info({ file: this.#file, ...done }, 'the configuration file was applied');
      else this.#log.error({ ...about, ...done }, 'entries of the configuration file could not be applied');
      return run.failed === 0;
    } catch (error) {
      // A stop that comes meanwhile ends the server under it.
      if (this.#isStopped) return false;
      problems.push(toError(error).message);
      this.#log.error(about, 'the configuration file could not be applied');
      return false;
    }
  }
}

function describeDone(steps: readonly Step[]) {
  const { add: added, change: changed, delete: deleted } = countActions(steps);
  return { added, changed, deleted };
}
