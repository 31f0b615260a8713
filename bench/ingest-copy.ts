/** The peer of ingest: the very rows the server wrote, by bare COPY into an equal table, and nothing else. */
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';

const MOST_ROWS = 400_000;

/**
 * Copies what stands in `sample` into a table of the same columns, keys and checks.
 * @param options.batchRows rows per transaction
 * @returns rows per second
 */
export async function measureCopy(options: {
  readonly connection: string;
  readonly batchRows: number;
}): Promise<number> {
  const client = new pg.Client({ connectionString: options.connection });
  await client.connect();
  try {
    const rows = await text(
      client.query(copyTo(`COPY (SELECT * FROM sample ORDER BY seq LIMIT ${MOST_ROWS}) TO STDOUT`)),
    );
    const lines = rows.trimEnd().split('\n');
    const batches: string[] = [];
    for (let from = 0; from < lines.length; from += options.batchRows) {
      batches.push(`${lines.slice(from, from + options.batchRows).join('\n')}\n`);
    }
    await client.query('DROP TABLE IF EXISTS copied');
    await client.query('CREATE TABLE copied (LIKE sample INCLUDING ALL) PARTITION BY RANGE ("timestamp")');
    await client.query('CREATE TABLE copied_all PARTITION OF copied DEFAULT');
    const begin = performance.now();
    for (const batch of batches) {
      const stream = client.query(copyFrom('COPY copied FROM STDIN'));
      const finished = once(stream, 'finish');
      stream.end(batch);
      await finished;
    }
    return lines.length / ((performance.now() - begin) / 1000);
  } finally {
    await client.end();
  }
}
