/** The peer of ingest: the very rows the server wrote, by bare COPY into an equal table, and nothing else. */
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';

const MAX_ROWS = 400_000;

export interface CopyPeer {
  /** Rows a second, with `batchRows` to a transaction on each of so many connections. */
  readonly measure: (batchRows: number, connections: number, mostRows?: number) => Promise<number>;
}

/** Reads what stands in `sample`; each measure writes it into a new table of the same columns, keys and checks. */
export async function readCopyPeer(connection: string): Promise<CopyPeer> {
  const rows = await withClient(connection, (client) =>
    text(client.query(copyTo(`COPY (SELECT * FROM sample ORDER BY seq LIMIT ${MAX_ROWS}) TO STDOUT`))),
  );
  const lines = rows.trimEnd().split('\n');
  return {
    measure: async (batchRows, connections, mostRows = MAX_ROWS) => {
      const count = Math.min(lines.length, mostRows);
      const batches: string[] = [];
      for (let from = 0; from < count; from += batchRows) {
        batches.push(`${lines.slice(from, Math.min(from + batchRows, count)).join('\n')}\n`);
      }
      await withClient(connection, makeTable);
      const clients = await Promise.all(Array.from({ length: connections }, () => openClient(connection)));
      const begin = performance.now();
      await Promise.all(clients.map((client) => copyAll(client, batches)));
      const seconds = (performance.now() - begin) / 1000;
      await Promise.all(clients.map((client) => client.end()));
      return count / seconds;
    },
  };
}

/** Takes batches from the front until none is left: several connections share the list. */
async function copyAll(client: pg.Client, batches: string[]): Promise<void> {
  for (let batch = batches.shift(); batch !== undefined; batch = batches.shift()) {
    const stream = client.query(copyFrom('COPY copied FROM STDIN'));
    const finished = once(stream, 'finish');
    stream.end(batch);
    await finished;
  }
}

async function makeTable(client: pg.Client): Promise<void> {
  await client.query('DROP TABLE IF EXISTS copied');
  await client.query('CREATE TABLE copied (LIKE sample INCLUDING ALL) PARTITION BY RANGE ("timestamp")');
  await client.query('CREATE TABLE copied_all PARTITION OF copied DEFAULT');
  // What the server left in the log of changes is not to be written while the peer is measured.
  await client.query('CHECKPOINT');
}

async function openClient(connection: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: connection });
  await client.connect();
  return client;
}

async function withClient<T>(connection: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = await openClient(connection);
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
