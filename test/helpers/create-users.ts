/** Database users of their own for servers on one database, as credentials that are made for each process have it. */
import { randomBytes } from 'node:crypto';
import { openClient } from '../../src/platform/postgres/connection.ts';

/**
 * What they make belongs to a role all of them have; none may end the sessions of another one.
 * @param connection of a superuser; what is in the database already is given to that role
 * @returns the same database, as each of them calls it
 */
export async function createUsers(connection: string, count: number): Promise<readonly string[]> {
  // Roles belong to all databases of a server.
  const owner = `owner_${randomBytes(6).toString('hex')}`;
  const names = Array.from({ length: count }, (_, index) => `${owner}_${index + 1}`);
  const client = await openClient(connection, 'lapwing test');
  try {
    const { rows } = await client.query<{ name: string }>('SELECT current_database() AS name');
    await client.query(`CREATE ROLE ${owner}; ALTER DATABASE "${rows[0]?.name}" OWNER TO ${owner};
      GRANT ALL ON SCHEMA public TO ${owner}; GRANT ALL ON ALL TABLES IN SCHEMA public TO ${owner}`);
    for (const name of names) {
      await client.query(`CREATE ROLE ${name} LOGIN PASSWORD '${name}' IN ROLE ${owner};
        ALTER ROLE ${name} SET role = '${owner}'`);
    }
  } finally {
    await client.end();
  }
  return names.map((name) => {
    const url = new URL(connection);
    url.username = name;
    url.password = name;
    return url.href;
  });
}
