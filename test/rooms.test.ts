/** Who may import whom. A room that is missing here may import nothing: to add one, say here what it may know. */
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';

const WORDS = ['model.ts', 'errors.ts'];
const GROUND = [...WORDS, 'log.ts', 'observe/stats.ts'];

/** By the longest beginning of a path that matches. Files of a room (a name with a slash) know each other. */
const MAY_IMPORT: Readonly<Record<string, readonly string[] | 'anything'>> = {
  'model.ts': [],
  'errors.ts': [],
  'version.ts': [],
  'progress.ts': [],
  'config.ts': [...WORDS, 'settings/'],
  'settings/': WORDS,
  'log.ts': WORDS,
  'seal.ts': [],
  'observe/stats.ts': WORDS,
  'observe/': [...GROUND, 'config.ts'],
  'detect/': ['model.ts'],
  'ingest/graphite': [...WORDS, 'ingest/graphite'],
  'ingest/line-protocol': [...WORDS, 'ingest/line-protocol'],
  'ingest/': GROUND,
  'source/': GROUND,
  'outbound/': GROUND,
  'access/': [...GROUND, 'db/', 'generated/'],
  'db/': [...GROUND, 'detect/likelihood.ts', 'generated/'],
  'core/': [...GROUND, 'db/', 'detect/', 'generated/', 'source/source.ts'],
  'cloudwatch/': [...GROUND, 'core/', 'db/', 'detect/', 'generated/', 'outbound/', 'seal.ts'],
  'notify/': [...GROUND, 'outbound/'],
  'incidents/': [...GROUND, 'core/', 'db/', 'detect/', 'generated/', 'notify/', 'outbound/', 'seal.ts'],
  'graphql/': [
    ...GROUND,
    'access/',
    'cloudwatch/',
    'core/',
    'db/',
    'detect/',
    'generated/',
    'incidents/',
    'notify/',
    'observe/influxdb.ts',
    'observe/license.ts',
    'observe/monitor',
    'source/source.ts',
    'version.ts',
  ],
  'http/': [
    ...GROUND,
    'access/',
    'cloudwatch/',
    'core/',
    'graphql/',
    'ingest/line-protocol',
    'observe/',
    'outbound/',
  ],
  // The composers, from the inside out: they build the parts, and no part knows them.
  'teardown.ts': GROUND,
  'open-aws.ts': 'anything',
  'open-access.ts': 'anything',
  'open-database.ts': 'anything',
  'engine.ts': 'anything',
  'self-monitoring.ts': 'anything',
  'server.ts': 'anything',
  'listen-graphite.ts': 'anything',
  'listen-http.ts': 'anything',
  'open-cloudwatch.ts': 'anything',
  'open-incidents.ts': 'anything',
  'surroundings.ts': [...GROUND, 'config.ts', 'teardown.ts'],
  'format-host.ts': [],
  // It knows the server by its API alone.
  'web/': [],
  'cli/': 'anything',
  'main.ts': 'anything',
};

const source = join(import.meta.dirname, '../src');
const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => /\.tsx?$/.test(file) && !/^(?:web\/)?generated\//.test(file));
const textOf = (file: string) => readFileSync(join(source, file), 'utf8');
const importsOf = (file: string) =>
  [...textOf(file).matchAll(/(?:\bfrom|\bimport\(?)\s*'(\.[^']+)'/g)].map(([, path = '']) =>
    normalize(join(dirname(file), path)).replaceAll('\\', '/'),
  );
const ruleOf = (file: string) =>
  Object.keys(MAY_IMPORT)
    .filter((beginning) => file.startsWith(beginning))
    .sort((a, b) => b.length - a.length)[0];
const isAllowed = (file: string, target: string) => {
  const rule = ruleOf(file);
  const allowed = MAY_IMPORT[rule ?? ''] ?? [];
  if (allowed === 'anything') return true;
  const ownRoom = rule?.endsWith('/') === true ? [rule] : [];
  return [...ownRoom, ...allowed].some((beginning) => target.startsWith(beginning));
};

describe('the rooms of the house', () => {
  it('import only what they may know', () => {
    const edges = files.flatMap((file) => importsOf(file).map((target) => [file, target] as const));
    expect(edges.length).toBeGreaterThan(100);
    const wrong = edges.filter(([file, target]) => !isAllowed(file, target));
    expect(wrong.map((edge) => edge.join(' imports '))).toEqual([]);
  });

  it('leave the environment to config.ts', () => {
    // The page has none to read: there it stands in texts for others to copy.
    const readers = files.filter((file) => !file.startsWith('web/') && textOf(file).includes('process.env'));
    expect(readers).toEqual(['config.ts']);
  });

  it('write from the API through core alone', () => {
    const writes =
      /\bprisma\.\w+\.(?:create|update|upsert|delete)|\b(?:INSERT INTO|DELETE FROM|UPDATE \w+ SET)\b/;
    expect(files.filter((file) => file.startsWith('graphql/') && writes.test(textOf(file)))).toEqual([]);
  });

  it('keep the engine and the parsers pure: no package but for bytes, no clock, no chance', () => {
    const impure = /\bfrom '(?!\.|node:buffer')|\bDate\.now|\bnew Date\(\)|\bperformance\.|\bMath\.random/;
    const pure = files.filter((file) => /^(?:detect\/|ingest\/(?:graphite|line-protocol))/.test(file));
    expect(pure.length).toBeGreaterThan(4);
    expect(pure.filter((file) => impure.test(textOf(file)))).toEqual([]);
  });
});
