#!/usr/bin/env node
/** The command line. Nothing imports it. */
import { parseArgs } from 'node:util';
import { explainFailure, messageOf } from './cli/explain-failure.ts';
import { isReaderGone, OutputWatch } from './cli/standard-output.ts';
import { isSupportedNode, SUPPORTED_NODE } from './cli/node-version.ts';
import { findNearestName } from './cli/apply/nearest-name.ts';
import { readKeyWords } from './cli/parse-key-args.ts';
import type { Command } from './cli/run-command.ts';
import { describeSettings, preferProduction, readConfig } from './platform/config/read-config.ts';
import { hasNoUser } from './platform/config/setting.ts';
import { OperatorError } from './errors.ts';
import { describeUsage } from './cli/usage.ts';
import { readVersion } from './version.ts';

/** What the program ends with. */
const EXIT = { ok: 0, failed: 1, usage: 2 } as const;

/** Those that take the name of a file, and those that can ask a running server. */
const FILE_COMMANDS: readonly string[] = ['import', 'export', 'apply', 'backup', 'restore'];
const REMOTE_COMMANDS: readonly string[] = ['import', 'export', 'apply'];
const COMMANDS: readonly string[] = [...FILE_COMMANDS, 'serve', 'check', 'license', 'key', 'help', 'version'];

/** With it 2 means that there is something to change, and every failure is 1. */
const DETAILED = 'detailed-exitcode';

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
      'dry-run': { type: 'boolean' },
      [DETAILED]: { type: 'boolean' },
    },
  });
  const isLicense = positionals[0] === 'license' && positionals[1] === 'check';
  const [name = 'serve', file, extra] = isLicense ? positionals.toSpliced(1, 1) : positionals;
  if (values.help === true || name === 'help') return { name: 'help', file: undefined, url: undefined };
  if (values.version === true || name === 'version')
    return { name: 'version', file: undefined, url: undefined };
  if (name === 'license' && !isLicense) throw new Error('expected license check FILE');
  if (!COMMANDS.includes(name)) {
    const near = findNearestName(name, COMMANDS);
    throw new Error(`there is no command ${name || '""'}${near === null ? '' : ` (did you mean ${near}?)`}`);
  }
  const takesFile = FILE_COMMANDS.includes(name);
  const odd = extra ?? (takesFile || isLicense ? undefined : file);
  if (odd !== undefined) throw new Error(`${name} does not take ${JSON.stringify(odd)}`);
  if (values.url !== undefined && !REMOTE_COMMANDS.includes(name))
    throw new Error(`${name} does not take --url`);
  const isDryRun = values['dry-run'] === true;
  const isDetailed = values[DETAILED] === true;
  if (values.url !== undefined && !isHttpUrl(values.url))
    throw new Error(`--url: expected an http or https URL, got ${JSON.stringify(values.url)}`);
  // The text is not repeated: it holds a password.
  if (values.url !== undefined && !hasNoUser(values.url))
    throw new Error('--url: expected no user and password in it; LAPWING_API_KEY is sent as a key');
  if (isDryRun && name !== 'apply') throw new Error(`${name} does not take --dry-run`);
  if (isDetailed && !isDryRun) throw new Error(`--${DETAILED} needs --dry-run`);
  if (file === '' || (name !== 'export' && (takesFile || isLicense) && file === undefined)) {
    const got = file === '' ? ', got an empty one' : '';
    throw new Error(`${isLicense ? 'license check' : name} needs the name of a file${got}`);
  }
  return { name, file, url: values.url, isDryRun, isDetailed };
}

/** What Node.js says of an option it does not know is advice on file names; who gives one probably means a setting. */
function explainWords(error: unknown): string {
  const message = messageOf(error);
  const option = /^Unknown option '(.*?)'/s.exec(message)?.[1];
  if (option === undefined) return message;
  const setting = `LAPWING_${option.replace(/^-+/, '').toUpperCase().replaceAll('-', '_')}`;
  const isSetting = describeSettings().some(({ name }) => name === setting);
  return `there is no option ${option}${isSetting ? `: set the environment variable ${setting}` : ''}`;
}

function isHttpUrl(text: string): boolean {
  return /^https?:/i.test(text) && URL.canParse(text);
}

async function main(words: readonly string[]): Promise<number> {
  let command: Command;
  try {
    command = readCommand(words);
  } catch (error) {
    process.stderr.write(`lapwing: ${explainWords(error)}; see lapwing --help\n`);
    return words.includes(`--${DETAILED}`) ? EXIT.failed : EXIT.usage;
  }
  if (command.name === 'help') process.stdout.write(describeUsage({ withSettings: true }));
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
  try {
    const { run } = await import('./cli/run-command.ts');
    return await run(command, readConfig());
  } catch (error) {
    if (!isReaderGone(error)) process.stderr.write(`lapwing: ${explainFailure(error)}\n`);
    return error instanceof OperatorError && command.isDetailed !== true ? error.exitStatus : EXIT.failed;
  }
}

/** As `main`; what succeeded has failed where its output could not be written. */
async function mainWithOutput(words: readonly string[]): Promise<number> {
  const { stdout, stderr } = process;
  const watch = new OutputWatch(stdout);
  // There is nowhere left to say so.
  stderr.on('error', () => undefined);
  const status = await main(words);
  const failure = await watch.end(stdout);
  if (failure === null || status !== EXIT.ok) return status;
  stderr.write(`lapwing: standard output: ${explainFailure(failure)}\n`);
  return EXIT.failed;
}

process.exitCode = await mainWithOutput(process.argv.slice(2));
