/** What scopes include of each other. */
import type { Scope } from '../../model.ts';

/** ADMIN may do everything; WRITE may also read and push points; READ and INGEST include nothing else. */
const INCLUDES: Readonly<Record<Scope, readonly Scope[]>> = {
  INGEST: ['INGEST'],
  READ: ['READ'],
  WRITE: ['WRITE', 'READ', 'INGEST'],
  ADMIN: ['ADMIN', 'WRITE', 'READ', 'INGEST'],
};

/** Whether any of the scopes a key has includes the one that is needed. */
export function includesScope(held: readonly Scope[], needed: Scope): boolean {
  return held.some((scope) => INCLUDES[scope].includes(needed));
}
