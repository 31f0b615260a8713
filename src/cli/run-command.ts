/** Runs one command of the command line. */
import {
  describeSettings,
  findIdleSettings,
  findUnknownSettings,
  type Config,
} from '../platform/config/read-config.ts';
import { protectPrototypes } from '../platform/runtime/protect-prototypes.ts';
import { createLog } from '../log.ts';
import { applyFile } from './apply/apply-file.ts';
import { findNearestName } from './apply/nearest-name.ts';
import { backUp, restore } from './backup-file.ts';
import { checkSettings } from './check/check-settings.ts';
import type { KeyCommand } from './parse-key-args.ts';
import { runKeyCommand } from './key.ts';
import { checkLicenseFile } from './license.ts';
import { findOwnUrl } from './remote-target.ts';
import { serve } from './serve.ts';
import { exportFile, importFile } from './transfer-file.ts';

export interface Command {
  readonly name: string;
  readonly file: string | undefined;
  readonly url: string | undefined;
  readonly key?: KeyCommand;
  /** Of `apply`. */
  readonly isDryRun?: boolean;
  /** Of `apply --dry-run`: whether the exit status says that there is something to change. */
  readonly isDetailed?: boolean;
}

/** What `terraform plan -detailed-exitcode` ends with where there is something to change. */
const CHANGES_STATUS = 2;

/** Most are typing errors. Two variables have their names from elsewhere: LAPWING_DATABASE_URL is none. */
function suggestSetting(name: string): string {
  const names = describeSettings().map((row) => row.name);
  const bare = name.replace(/^LAPWING_/, '');
  const near = names.includes(bare) ? bare : findNearestName(name, names);
  return near === null ? name : `${name} (did you mean ${near}?)`;
}

/** @returns the exit status */
export async function run(command: Command, config: Config): Promise<number> {
  const { name, file, url, key, isDryRun, isDetailed } = command;
  const { env: environment, stdout: output, stderr: errors } = process;
  protectPrototypes();
  const log = createLog(config.logLevel);
  const unknown = findUnknownSettings();
  if (unknown.length > 0)
    log.warn({ variables: unknown.map(suggestSetting) }, 'no such settings; they have no effect');
  const idle = findIdleSettings();
  if (idle.length > 0) log.warn({ settings: idle }, 'settings that have no effect');
  if (key !== undefined) await runKeyCommand(key, config, log);
  else if (name === 'check') await checkSettings(config, log, environment);
  else if (name === 'import') await importFile({ config, log, file: file ?? '-', url });
  else if (name === 'export') await exportFile({ config, log, file: file ?? '-', url });
  else if (name === 'backup') await backUp(config, log, file ?? '-');
  else if (name === 'restore') await restore(config, log, file ?? '-');
  else if (name === 'apply') {
    const server = url ?? findOwnUrl(config);
    const options = {
      file: file ?? '-',
      url: server,
      key: config.apiKey ?? null,
      isDryRun: isDryRun === true,
    };
    const hasChanges = await applyFile({ ...options, environment, output, errors });
    if (hasChanges && isDetailed === true) return CHANGES_STATUS;
  } else if (name === 'license') await checkLicenseFile(file ?? '', config.licensePublicKey ?? null);
  else await serve(config, log, environment);
  return 0;
}
