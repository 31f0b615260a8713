/** What can be said of anything that was thrown. */

/** An error's own words, whatever was thrown. */
export function describeError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Whether an error carries this code of the operating system's (ENOENT, EEXIST, …) or of PostgreSQL's. */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
