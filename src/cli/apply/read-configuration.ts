/** Reads a configuration file: all that is wrong with it at once, before anything is applied. */
import { isMap, type YAMLMap } from 'yaml';
import { InvalidInputError, NotSupportedError, OperatorError } from '../../errors.ts';
import { nameEntry, type Configuration, type Entry } from './configuration.ts';
import { checkEntry } from './check-entry.ts';
import { API_VERSION, createFileFormat, SECTIONS, type FileFormat, type Section } from './file-format.ts';
import { readValue } from './read-value.ts';
import { resolveSecrets, type Secrets } from './secret-reference.ts';
import { YamlSource } from './yaml-source.ts';

/** The file cannot be applied: nothing was. */
export class ConfigurationFileError extends OperatorError {
  override readonly name = 'ConfigurationFileError';
  override readonly exitStatus = 2;
}

/**
 * @param file its name, for messages
 * @throws ConfigurationFileError naming every problem with its line and column
 */
export function readConfiguration(
  text: string,
  file: string,
  secrets: Secrets,
  format: FileFormat = createFileFormat(),
): Configuration {
  const reader = new ConfigurationReader(text, file, secrets, format);
  return reader.read();
}

class ConfigurationReader {
  readonly #source: YamlSource;
  readonly #file: string;
  readonly #secrets: Secrets;
  readonly #format: FileFormat;
  /** Titles of what the file has, and where. */
  readonly #titles = new Map<string, string>();

  constructor(text: string, file: string, secrets: Secrets, format: FileFormat) {
    this.#format = format;
    this.#source = new YamlSource(text);
    this.#file = file;
    this.#secrets = secrets;
  }

  read(): Configuration {
    const { root } = this.#source;
    // What is no YAML would only be misunderstood.
    this.#refuseProblems();
    const value = readValue(this.#source, root, this.#format.root, '') as
      Readonly<Record<string, unknown>> | undefined; // an object of the format's root, or nothing
    if (value === undefined || !isMap(root)) {
      if (root === null) this.#source.report(root, 'expected a mapping that begins with apiVersion: 1');
      return this.#refuseProblems();
    }
    if (typeof value.apiVersion === 'number' && value.apiVersion !== API_VERSION)
      this.#source.reportAt(
        root,
        ['apiVersion'],
        `apiVersion: expected ${API_VERSION}, got ${value.apiVersion}`,
      );
    // Entries are looked at one by one only where each of them is what it should be.
    this.#refuseProblems();
    const entries = SECTIONS.flatMap((section) => this.#readEntries(root, section, value[section]));
    const deletions = SECTIONS.flatMap((section) => this.#readDeletions(root, section, value.delete));
    this.#refuseProblems();
    return { entries, deletions };
  }

  #readEntries(root: YAMLMap, section: Section, given: unknown): readonly Entry[] {
    return listObjects(given).map((value, index) => {
      const within = [section, String(index)];
      const resolved = section === 'notificationRules' ? this.#resolveChannels(root, within, value) : value;
      const entry = this.#createEntry(root, within, section, resolved);
      try {
        checkEntry(section, resolved);
      } catch (error) {
        if (!(error instanceof InvalidInputError || error instanceof NotSupportedError)) throw error;
        const path = error instanceof InvalidInputError ? error.inputPath : [];
        this.#source.reportAt(root, [...within, ...dropInput(path)], `${entry.title}: ${error.message}`);
      }
      return entry;
    });
  }

  #readDeletions(root: YAMLMap, section: Section, given: unknown): readonly Entry[] {
    const lists = typeof given === 'object' && given !== null ? given : {};
    const list: unknown = Object.entries(lists).find(([name]) => name === section)?.[1];
    const names = Array.isArray(list) ? (list as readonly unknown[]) : [];
    return names.map((name, index) => {
      const value = typeof name === 'string' ? { name } : { ...(name as object) }; // as the format has it
      return this.#createEntry(root, ['delete', section, String(index)], section, value);
    });
  }

  #createEntry(
    root: YAMLMap,
    within: readonly string[],
    section: Section,
    value: Readonly<Record<string, unknown>>,
  ): Entry {
    const locate = (path: readonly string[]) => {
      const { line, column } = this.#source.locate(root, [...within, ...dropInput(path)]);
      return `${this.#file}:${line}:${column}`;
    };
    const title = nameEntry(section, value);
    const first = this.#titles.get(title);
    if (first !== undefined) this.#source.reportAt(root, within, `${title} is at ${first} already`);
    this.#titles.set(title, locate([]));
    return { section, title, value, locate };
  }

  /** The rule with the settings of its channels as the API takes them. */
  #resolveChannels(
    root: YAMLMap,
    within: readonly string[],
    value: Readonly<Record<string, unknown>>,
  ): Readonly<Record<string, unknown>> {
    if (value.channels === undefined) return value;
    const channels = listObjects(value.channels).map((channel, index) =>
      Object.fromEntries(
        Object.entries(channel).map(([kind, settings]) => {
          const type = this.#format.channels.get(kind);
          if (type === undefined) throw new Error(`the format has no channel ${kind}`);
          const at = [...within, 'channels', String(index), kind];
          const report = (field: string, message: string) =>
            this.#source.reportAt(root, [...at, field], `${kind}.${field}: ${message}`);
          const given = settings as Readonly<Record<string, unknown>>; // as the format has it
          return [kind, resolveSecrets(given, type, this.#secrets, report)];
        }),
      ),
    );
    return { ...value, channels };
  }

  /** @throws ConfigurationFileError if there are any; the result is for callers that know of one */
  #refuseProblems(): Configuration {
    const { problems } = this.#source;
    if (problems.length === 0) return { entries: [], deletions: [] };
    const lines = problems.map(
      ({ line, column, message }) => `  ${this.#file}:${line}:${column}: ${message}`,
    );
    throw new ConfigurationFileError(`${this.#file} cannot be applied:\n${lines.join('\n')}`);
  }
}

function listObjects(given: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(given) ? (given as readonly Readonly<Record<string, unknown>>[]) : []; // as the format has it
}

/** Messages of core name what was asked from `input` on. */
function dropInput(path: readonly string[]): readonly string[] {
  return path[0] === 'input' ? path.slice(1) : path;
}
