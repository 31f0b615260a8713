/** What `lapwing --help` prints. */
import { describeSettings } from '../platform/config/read-config.ts';

const USAGE = `Lapwing detects anomalies in your metrics and streams them live over GraphQL.

Usage:
  lapwing [serve]          run the server (the default)
  lapwing check            check settings and connections, then exit
  lapwing import FILE      import metrics from an export; - reads standard input
  lapwing export [FILE]    export all monitored metrics; without FILE to standard output
  lapwing apply [--dry-run [--detailed-exitcode]] FILE
                           make a running server be as a YAML file says; --dry-run shows what would change
  lapwing backup FILE      everything in the database, as of one moment, into one file; a server may go on
  lapwing restore FILE     fill an empty database with a backup
  lapwing license check FILE
                           check a licence file with LAPWING_LICENSE_PUBLIC_KEY
  lapwing key create --name NAME --scope SCOPE [--account NAME] [--days N]
                           make an API key and print it; SCOPE is ADMIN, WRITE, READ or INGEST
  lapwing key list [--revoked]
                           the keys there are
  lapwing key revoke ID    make a key invalid
  lapwing --help           this text
  lapwing --version        the version

While a server runs, import and export through it: add --url http://127.0.0.1:4000/graphql, and set
LAPWING_API_KEY to a key of that server if it asks for one. Without --url, apply asks the server at LAPWING_HOST
and LAPWING_PORT.

Exit status: 0 done, 1 failed (the reason is on standard error), 2 not understood: the words, or the file of apply.
With --detailed-exitcode: 0 nothing to change, 1 failed for any reason, 2 something to change.
`;

/** The text of `lapwing --help`. */
export function describeUsage({ withSettings }: { readonly withSettings: boolean }): string {
  if (!withSettings) return USAGE;
  const rows = describeSettings();
  const width = Math.max(...rows.map((row) => row.name.length));
  const lines = rows.map(({ name, fallback, about }) => {
    const shown = fallback === '' ? '' : ` Default: ${fallback}`;
    return `  ${name.padEnd(width)}  ${about}${shown}`;
  });
  return `${USAGE}\nSettings (environment variables):\n${lines.join('\n')}\n`;
}
