import type { AccessScope } from '../generated/graphql.ts';

/** What a key of a scope may. */
export const SCOPE_WORDS: Readonly<Record<AccessScope, string>> = {
  READ: 'read: ask and subscribe',
  INGEST: 'ingest: push points',
  WRITE: 'write: read, push, and change metrics',
  ADMIN: 'admin: everything',
};
