/** `lapwing license check FILE`: what a server would make of this licence today. */
import { readLicense } from '../platform/telemetry/license-watch.ts';
import { OperatorError } from '../errors.ts';

/** The licence is not valid; the message says why. */
class LicenseError extends OperatorError {
  override readonly name = 'LicenseError';
}

/**
 * Prints what the licence says.
 * @throws LicenseError when it is expired or cannot be believed
 */
export async function checkLicenseFile(file: string, publicKey: string | null): Promise<void> {
  const { status, holder, expires, restDays, resources, warnings, errors } = await readLicense(
    file,
    publicKey,
    new Date(),
  );
  if (status === 'error') throw new LicenseError(`${file}: ${errors.join('; ')}`);
  const lines = [
    `license: ${status}${warnings.length > 0 ? ` (${warnings.join('; ')})` : ''}`,
    `holder: ${holder ?? 'nobody'}`,
    `ends: ${expires === null ? 'never' : `${expires.toISOString()} (${restDays ?? 0} days left)`}`,
    `resources: ${resources ?? 'any number'}`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}
