/**
 * The shape of src: which tier and which feature may import which, where SQL may stand, how large a file and a folder
 * may grow. To add a feature to core, name its imports in CORE_IMPORTS; a cycle, or a permission nobody uses, fails.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';

/** From the top down: a tier imports those below it. Tiers of one line know nothing of each other. */
const TIERS: readonly (readonly string[])[] = [
  ['main.ts'],
  ['cli'],
  ['app'],
  ['api/http', 'api/graphql'],
  ['core'],
  ['detector', 'platform'],
  ['generated', 'errors.ts', 'log.ts', 'version.ts'],
  ['model.ts'],
];

/** Features of core, and the features each may import. */
const CORE_IMPORTS: Readonly<Record<string, readonly string[]>> = {
  access: [],
  annotations: ['metrics', 'samples'],
  bars: ['samples', 'score-log'],
  changes: [],
  'cloudwatch-service': ['monitoring', 'samples', 'sources'],
  // Bars say when a metric reported.
  incidents: ['annotations', 'bars', 'metric-lists', 'metrics', 'models', 'notify', 'samples', 'score-log'],
  ingest: ['bars', 'metrics', 'models', 'samples', 'score-log', 'sources'],
  inventory: ['metrics', 'sources'],
  'metric-lists': ['bars', 'metrics', 'samples', 'sources'],
  metrics: ['sources'],
  models: ['annotations', 'metrics', 'samples'],
  monitoring: [
    'annotations',
    'bars',
    'ingest',
    'inventory',
    'metrics',
    'models',
    // Scores that are taken back may be packed.
    'samples',
    'score-log',
    'sources',
  ],
  notify: [],
  packing: ['samples'],
  polling: ['ingest', 'metrics', 'sources'],
  prometheus: ['metrics', 'samples', 'score-log', 'sources'],
  samples: [],
  'score-log': ['metrics', 'samples'],
  sources: [],
  transfer: [
    // A download link ends with the key that asked for it.
    'access',
    'annotations',
    'ingest',
    'inventory',
    'metrics',
    'monitoring',
    'samples',
    'score-log',
    'sources',
  ],
};

const MAX_FILES_IN_FOLDER = 20;
const MAX_FEATURES = 20;
const MAX_LINES_IN_FILE = 250;

const source = join(import.meta.dirname, '../src');
/** The page is a program of its own: it knows the server by its API alone. */
const all = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => /\.tsx?$/.test(file) && !/^(?:web\/)?generated\//.test(file));
const files = all.filter((file) => !file.startsWith('web/'));
const textOf = (file: string) => readFileSync(join(source, file), 'utf8');
const importsOf = (file: string) =>
  [...textOf(file).matchAll(/(?:\bfrom|\bimport\(?)\s*'(\.[^']+)'/g)].map(([, path = '']) =>
    normalize(join(dirname(file), path)).replaceAll('\\', '/'),
  );
const edges = files.flatMap((file) => importsOf(file).map((target) => ({ file, target })));
const findTier = (file: string) =>
  TIERS.findIndex((tier) => tier.some((part) => file === part || file.startsWith(`${part}/`)));
const findPart = (file: string) => TIERS.flat().find((part) => file === part || file.startsWith(`${part}/`));
const featureOf = (file: string) => /^core\/([^/]+)\//.exec(file)?.[1];

/** Arrows between different features of core, each once. */
const coreArrows = [
  ...new Set(
    edges.flatMap(({ file, target }) => {
      const [from, to] = [featureOf(file), featureOf(target)];
      return from === undefined || to === undefined || from === to ? [] : [`${from} > ${to}`];
    }),
  ),
];

/** @returns the names along a cycle, or null where there is none */
function findCycle(arrows: ReadonlyMap<string, readonly string[]>): string[] | null {
  const done = new Set<string>();
  const visit = (name: string, path: readonly string[]): string[] | null => {
    if (path.includes(name)) return [...path.slice(path.indexOf(name)), name];
    if (done.has(name)) return null;
    for (const next of arrows.get(name) ?? []) {
      const cycle = visit(next, [...path, name]);
      if (cycle !== null) return cycle;
    }
    done.add(name);
    return null;
  };
  for (const name of arrows.keys()) {
    const cycle = visit(name, []);
    if (cycle !== null) return cycle;
  }
  return null;
}

function groupArrows(pairs: readonly (readonly [string, string])[]): Map<string, string[]> {
  const arrows = new Map<string, string[]>();
  for (const [from, to] of pairs) arrows.set(from, [...(arrows.get(from) ?? []), to]);
  return arrows;
}

describe('imports', () => {
  it('go down the tiers, never up or across', () => {
    expect(edges.length).toBeGreaterThan(1000);
    expect(files.filter((file) => findTier(file) < 0)).toEqual([]);
    const wrong = edges.filter(({ file, target }) =>
      findPart(file) === findPart(target) ? false : findTier(file) >= findTier(target),
    );
    expect(wrong.map(({ file, target }) => `${file} imports ${target}`)).toEqual([]);
  });

  it('between features of core are those that are listed, and every listed one is used', () => {
    const allowed = Object.entries(CORE_IMPORTS).flatMap(([from, targets]) =>
      targets.map((to) => `${from} > ${to}`),
    );
    expect(coreArrows.toSorted()).toEqual(allowed.toSorted());
  });

  it('load nothing of OpenTelemetry where no traces are sent', () => {
    const isTracing = (file: string) => file.startsWith('platform/tracing/');
    const loading = /^import (?!type\b)[^;]*? from '([^']*(?:@opentelemetry|\/tracing)\/[^']+)'/gm;
    const loaded = files
      .filter((file) => !isTracing(file))
      .flatMap((file) => [...textOf(file).matchAll(loading)].map(([, target]) => `${file} loads ${target}`));
    expect(loaded).toEqual([]);
    expect(files.filter((file) => textOf(file).includes("import('../platform/tracing/"))).toEqual([
      'app/open-telemetry.ts',
    ]);
  });

  it('make no cycle, neither of features nor of files', () => {
    const features = coreArrows.map((arrow) => arrow.split(' > ')).map(([a = '', b = '']) => [a, b] as const);
    expect(findCycle(groupArrows(features))).toBeNull();
    expect(findCycle(groupArrows(edges.map(({ file, target }) => [file, target] as const)))).toBeNull();
  });

  it('find a cycle where there is one', () => {
    expect(
      findCycle(
        groupArrows([
          ['a', 'b'],
          ['b', 'c'],
          ['c', 'b'],
        ]),
      ),
    ).toEqual(['b', 'c', 'b']);
  });
});

describe('what stands where', () => {
  it('leaves the environment to the configuration', () => {
    const readers = files.filter((file) => textOf(file).includes('process.env'));
    expect(readers).toEqual(['platform/config/read-config.ts']);
  });

  it('keeps SQL out of the API, which writes by calling core', () => {
    const statements =
      /\bprisma\.\w+\.(?:create|update|upsert|delete)|\b(?:INSERT INTO|DELETE FROM|UPDATE \w+ SET|SELECT [\w*$])/;
    expect(files.filter((file) => file.startsWith('api/') && statements.test(textOf(file)))).toEqual([]);
  });

  it('keeps the detector and the parsers pure: no package but for bytes, no clock, no randomness', () => {
    const impure = /\bfrom '(?!\.|node:buffer')|\bDate\.now|\bnew Date\(\)|\bperformance\.|\bMath\.random/;
    const pure = files.filter((file) =>
      /^(?:detector\/|core\/ingest\/(?:exposition|graphite|line-protocol|otlp|remote-write)\/pars)/.test(
        file,
      ),
    );
    expect(pure.length).toBeGreaterThan(15);
    expect(pure.filter((file) => impure.test(textOf(file)))).toEqual([]);
  });
});

describe('sizes', () => {
  it('of folders stay readable', () => {
    const counts = new Map<string, number>();
    for (const file of all) counts.set(dirname(file), (counts.get(dirname(file)) ?? 0) + 1);
    expect([...counts].filter(([, count]) => count > MAX_FILES_IN_FOLDER)).toEqual([]);
    expect(new Set(files.map(featureOf)).size - 1).toBeLessThanOrEqual(MAX_FEATURES);
  });

  it('of files stay readable', () => {
    const long = all.filter((file) => textOf(file).trimEnd().split('\n').length > MAX_LINES_IN_FILE);
    expect(long).toEqual([]);
  });
});
