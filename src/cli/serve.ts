/** `lapwing serve`: runs until it is stopped. */
import type { Config } from '../platform/config/read-config.ts';
import type { Log } from '../log.ts';
import { startLapwing, type Lapwing } from '../app/start-server.ts';
import type { Configuration } from './apply/configuration.ts';
import { ServedConfiguration } from './apply/served-configuration.ts';
import { guardProcess } from './failure-guard.ts';

/** A stop that takes longer is cut short: what was acknowledged is committed already. */
const STOP_LIMIT_MS = 30_000;

/**
 * Prints one line when ready, with LAPWING_CONFIG_FILE applied; returns when stopped by SIGTERM or SIGINT, or without that file
 * by SIGHUP.
 * @throws ConfigurationFileError when that file is wrong, before anything is started
 */
export async function serve(config: Config, log: Log, environment: NodeJS.ProcessEnv): Promise<void> {
  const served = config.configFile === undefined ? null : serveFile(config.configFile, environment, log);
  const configuration = await served?.load();
  const guard = guardProcess(log);
  // With a file it means to apply that again. Without one the terminal was closed: that ends a program, in order.
  const signals: readonly NodeJS.Signals[] = [
    'SIGTERM',
    'SIGINT',
    ...(served === null ? ['SIGHUP' as const] : []),
  ];
  const ended = new Promise<null>((resolve) => {
    for (const signal of signals) {
      process.once(signal, () => {
        log.info({ signal }, 'stopping');
        // A second signal does not wait.
        process.once(signal, () => process.exit(130));
        resolve(null);
      });
    }
  });
  let lose: (error: Error) => void = () => undefined;
  const lost = new Promise<Error>((resolve) => (lose = resolve));
  const started = await startUnlessEnded(config, log, { ended, onLost: (error) => lose(error) });
  if (started === null) {
    guard.stop();
    return;
  }
  const { lapwing, hasWaited } = started;
  guard.onFailure(() => lapwing.engine.stats.count('unexpected_failures'));
  if (served !== null && configuration !== undefined) {
    await served.start(hasWaited ? await loadAgain(served, configuration, log) : configuration, lapwing);
  }
  announce(lapwing);
  const reason = await Promise.race([ended, lost, guard.tooMany]);
  setTimeout(() => {
    log.error('the stop took too long and is cut short');
    process.exit(reason === null ? 0 : 1);
  }, STOP_LIMIT_MS).unref();
  served?.stop();
  await lapwing.stop();
  guard.stop();
  log.info('stopped');
  if (reason !== null) throw reason;
}

/** @returns null when it was stopped while it waited as a standby */
async function startUnlessEnded(
  config: Config,
  log: Log,
  { ended, onLost }: { readonly ended: Promise<null>; readonly onLost: (error: Error) => void },
): Promise<{ readonly lapwing: Lapwing; readonly hasWaited: boolean } | null> {
  const stop = new AbortController();
  let isWaiting = false;
  void ended.then(() => {
    if (isWaiting) stop.abort();
  });
  const onStandby = (address: string, holder: string) => {
    isWaiting = true;
    log.info(
      { http: address, holder },
      `${config.cluster ? 'replica' : 'standby'}: another server is active`,
    );
    announceWaiting(address, config);
  };
  try {
    const lapwing = await startLapwing(config, log, { onLost, onStandby, signal: stop.signal, showKey });
    return { lapwing, hasWaited: isWaiting };
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    log.info('stopped');
    return null;
  }
}

/** A standby may have waited for weeks. */
async function loadAgain(
  served: ServedConfiguration,
  before: Configuration,
  log: Log,
): Promise<Configuration> {
  try {
    return await served.load();
  } catch (error) {
    log.error({ err: error }, 'the configuration file has become wrong; what it said before is applied');
    return before;
  }
}

/** A file that is read again on SIGHUP, from now on: one that comes while the server starts must not end it. */
function serveFile(file: string, environment: NodeJS.ProcessEnv, log: Log): ServedConfiguration {
  const served = new ServedConfiguration(file, environment, log);
  process.on('SIGHUP', () => void served.reload());
  return served;
}

/** On standard error, where people look and no program reads: the only time it is shown. */
function showKey(key: string): void {
  process.stderr.write(
    `\nThis server can be reached from outside and had no API key. It made one that may do everything, and will not show it again:\n\n  ${key}\n\n`,
  );
}

/** For a person on a terminal, for a program elsewhere. */
function announce({ version, addresses }: Lapwing): void {
  const line = process.stdout.isTTY
    ? `Lapwing ${version} ready: ${Object.entries(addresses)
        .map(([name, address]) => `${name} ${address}`)
        .join(', ')}`
    : JSON.stringify({ event: 'ready', version, ...addresses });
  process.stdout.write(`${line}\n`);
}

function announceWaiting(address: string, { cluster }: Pick<Config, 'cluster'>): void {
  const words = cluster
    ? `Lapwing follows the leader of its cluster: ${address}/ready says whether it answers as a replica`
    : `Lapwing waits as a standby: ${address}/ready says for whom`;
  const event = cluster ? 'replica' : 'standby';
  process.stdout.write(
    process.stdout.isTTY ? `${words}\n` : `${JSON.stringify({ event, http: `${address}/` })}\n`,
  );
}
