#!/usr/bin/env node
/** The command line. Nothing imports it. */
import { parseArgs } from 'node:util';
import { explainFailure, messageOf } from './cli/explain-failure.ts';
import { isSupportedNode, SUPPORTED_NODE } from './cli/node-version.ts';
import { readKeyWords } from './cli/parse-key-args.ts';
import type { Command } from './cli/run-command.ts';
import { describeSettings, preferProduction, readConfig } from './platform/config/read-config.ts';
import { readVersion } from './version.ts';

/** What the program ends with. */
const EXIT = { ok: 0, failed: 1, usage: 2 } as const;

const USAGE = `Lapwing watches metrics and tells, live, when one behaves unusually.

Usage:
  lapwing [serve]          run the server (the default)
  lapwing check            check settings and connections, then exit
  lapwing import FILE      import metrics from an export; - reads standard input
  lapwing export [FILE]    export all monitored metrics; without FILE to standard output
  lapwing license check FILE
                           check a licence file with LAPWING_LICENSE_PUBLIC_KEY
  lapwing key create --name NAME --scope SCOPE [--account NAME] [--days N]
                           make an API key and print it; SCOPE is ADMIN, WRITE, READ or INGEST
  lapwing key list [--revoked]
                           the keys there are
  lapwing key revoke ID    make a key invalid
  lapwing --help           this text
  lapwing --version        the version

While a server runs, its data are imported and exported through it: add --url http://127.0.0.1:4000/graphql, and set
LAPWING_API_KEY to a key of that server if it asks for one.

Exit status: 0 done, 1 failed (the reason is on standard error), 2 not understood.

Settings (environment variables):
`;

/** @throws Error when the words make no command */
function readCommand(words: readonly string[]): Command {
  const isHelp = words.includes('--help') || words.includes('-h');
  if (words[0] === 'key' && !isHelp) {
    return { name: 'key', file: undefined, url: undefined, key: readKeyWords(words.slice(1)) };
  }
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h' },
      version: { type: 'boolean', short: 'v' },
      url: { type: 'string' },
    },
  });
  const isLicense = positionals[0] === 'license' && positionals[1] === 'check';
  const [name = 'serve', file, extra] = isLicense ? positionals.toSpliced(1, 1) : positionals;
  if (values.help === true) return { name: 'help', file: undefined, url: undefined };
  if (values.version === true) return { name: 'version', file: undefined, url: undefined };
  if (name === 'license' && !isLicense) throw new Error('expected license check FILE');
  if (!['serve', 'check', 'import', 'export', 'license'].includes(name)) {
    throw new Error(`there is no command ${name}`);
  }
  const takesFile = name === 'import' || name === 'export';
  const odd = extra ?? (takesFile || isLicense ? undefined : file);
  if (odd !== undefined) throw new Error(`${name} does not take ${JSON.stringify(odd)}`);
  if (values.url !== undefined && !takesFile) throw new Error(`${name} does not take --url`);
  if ((name === 'import' || isLicense) && file === undefined) {
    throw new Error(`${name} needs the name of a file`);
  }
  return { name, file, url: values.url };
}

function describeUsage(): string {
  const rows = describeSettings();
  const width = Math.max(...rows.map((row) => row.name.length));
  const lines = rows.map(({ name, fallback, about }) => {
    const shown = fallback === '' ? '' : ` Default: ${fallback}`;
    return `  ${name.padEnd(width)}  ${about}${shown}`;
  });
  return `${USAGE}${lines.join('\n')}\n`;
}

async function main(words: readonly string[]): Promise<number> {
  let command: Command;
  try {
    command = readCommand(words);
  } catch (error) {
    process.stderr.write(`lapwing: ${messageOf(error)}; see lapwing --help\n`);
    return EXIT.usage;
  }
  if (command.name === 'help') process.stdout.write(describeUsage());
  else if (command.name === 'version') process.stdout.write(`${readVersion()}\n`);
  else if (isSupportedNode(process.versions.node)) return runCommand(command);
  else {
    process.stderr.write(
      `lapwing: Node.js ${process.versions.node} is not supported: use ${SUPPORTED_NODE}\n`,
    );
    return EXIT.failed;
  }
  return EXIT.ok;
}

/** Loads what a command needs only now: help and complaints about words come at once. */
async function runCommand(command: Command): Promise<number> {
  preferProduction();
  const { run } = await import('./cli/run-command.ts');
  try {
    await run(command, readConfig());
    return EXIT.ok;
  } catch (error) {
    process.stderr.write(`lapwing: ${explainFailure(error)}\n`);
    return EXIT.failed;
  }
}

process.exitCode = await main(process.argv.slice(2));
