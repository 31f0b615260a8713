/** The statements a piece of work sends to PostgreSQL. */
import pg from 'pg';
import { vi } from 'vitest';

/** Those that read from tables, but for what is looked at by the clock: keys. */
export async function listStatements(work: () => Promise<unknown>): Promise<readonly string[]> {
  const statements = vi.spyOn(pg.Client.prototype, 'query');
  try {
    await work();
    return statements.mock.calls
      .map((call) => readText(call[0]))
      .filter((text) => /\bFROM\b/i.test(text) && !text.includes('ever_had_key'));
  } finally {
    statements.mockRestore();
  }
}

function readText(query: unknown): string {
  if (typeof query === 'string') return query;
  return typeof query === 'object' && query !== null && 'text' in query ? String(query.text) : '';
}
