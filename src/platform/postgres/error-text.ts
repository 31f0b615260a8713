/** What can be said of anything that was thrown. */
import { NotFoundError } from '../../errors.ts';

/** An error's own words, whatever was thrown. */
export function describeError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Whether an error carries this code of the operating system's (ENOENT, EEXIST, …) or of PostgreSQL's. */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

/** How Prisma calls a violated foreign key. */
const REFERENCE_GONE = 'P2003';

/**
 * For rows that refer to one that was just looked for, and may be deleted before they are made.
 * @throws NotFoundError with the message then
 */
export async function orReferenceGone<T>(made: Promise<T>, message: string): Promise<T> {
  try {
    return await made;
  } catch (error) {
    throw hasCode(error, REFERENCE_GONE) ? new NotFoundError(message, { cause: error }) : error;
  }
}
