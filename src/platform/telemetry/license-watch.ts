/** Looks at the licence at start and at every midnight (UTC), and reports each time what it saw. */
import { readFile } from 'node:fs/promises';
import type { Log } from '../../log.ts';
import { checkLicense, type LicenseState, NO_LICENSE, refuseLicense } from './license.ts';
import { createNanoClock, describeLicense, type WriteMonitorPoint } from './request-point.ts';

export interface LicenseWatch {
  /** What the last look saw. */
  readonly current: () => LicenseState;
  /** The first look; the next ones follow by themselves. */
  readonly start: () => Promise<void>;
  readonly stop: () => void;
}

export interface LicenseWatchOptions {
  /** Null for none: everything is allowed. */
  readonly file: string | null;
  readonly publicKey: string | null;
  /** Null when nobody wants the points. */
  readonly write: WriteMonitorPoint | null;
  readonly log: Log;
}

const DAY_MS = 86_400_000;

export function createLicenseWatch({ file, publicKey, write, log }: LicenseWatchOptions): LicenseWatch {
  const readTime = createNanoClock();
  let state = NO_LICENSE;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  const look = async () => {
    state = file === null ? NO_LICENSE : await readLicense(file, publicKey, new Date());
    const { status, holder, restDays, warnings, errors } = state;
    if (status === 'error') log.error({ file, holder, errors }, 'the licence is not valid');
    else if (status === 'warning') log.warn({ file, holder, restDays }, 'the licence ends soon');
    write?.(describeLicense({ timeNs: readTime(), status, restDays, warnings, errors }));
    // One that was stopped during the look is not begun again.
    if (!stopped) timer = setTimeout(() => void look(), DAY_MS - (Date.now() % DAY_MS));
  };

  return {
    current: () => state,
    start: look,
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

/** Never rejects: a file that cannot be read is a licence that cannot be believed. */
export async function readLicense(file: string, publicKey: string | null, now: Date): Promise<LicenseState> {
  try {
    return checkLicense(await readFile(file, 'utf8'), publicKey, now);
  } catch (error) {
    return refuseLicense(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}
