/** What a key may be allowed to do. */

/** From the least to the most. */
export const SCOPES = ['INGEST', 'READ', 'WRITE', 'ADMIN'] as const;
export type Scope = (typeof SCOPES)[number];

/** ADMIN may do everything; WRITE may also read and push points; READ and INGEST include nothing else. */
const INCLUDES: Readonly<Record<Scope, readonly Scope[]>> = {
  INGEST: ['INGEST'],
  READ: ['READ'],
  WRITE: ['WRITE', 'READ', 'INGEST'],
  ADMIN: ['ADMIN', 'WRITE', 'READ', 'INGEST'],
};

export function isScope(text: unknown): text is Scope {
  return SCOPES.some((scope) => scope === text);
}

/** Whether any of the scopes a key has includes the one that is needed. */
export function includesScope(held: readonly Scope[], needed: Scope): boolean {
  return held.some((scope) => INCLUDES[scope].includes(needed));
}
