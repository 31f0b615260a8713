/** What the image's first stage makes of an installation: nothing but what runs, and a list of all of it. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const INSTALLED = join(ROOT, 'node_modules');
const PREFIX = '.image-';

interface Package {
  readonly name: string;
  readonly version: string;
}
interface PackageFile extends Package {
  readonly dependencies: Readonly<Record<string, string>>;
}
interface Bom {
  readonly components: readonly (Package & { readonly group?: string })[];
}

const readJson = (...path: string[]): unknown => JSON.parse(readFileSync(join(...path), 'utf8'));

/** In this folder of modules and in those below it, as NAME@VERSION. */
function listPackages(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder)
    .filter((name) => !name.startsWith('.'))
    .flatMap((name) =>
      name.startsWith('@') ? readdirSync(join(folder, name)).map((one) => `${name}/${one}`) : [name],
    );
  return names.flatMap((name) => {
    const { version } = readJson(folder, name, 'package.json') as Package;
    return [`${name}@${version}`, ...listPackages(join(folder, name, 'node_modules'))];
  });
}

let folder: string;
beforeAll(() => {
  // Beside what it has hard links to.
  folder = mkdtempSync(join(INSTALLED, PREFIX));
  mkdirSync(join(folder, 'node_modules'));
  const modules = readdirSync(INSTALLED).filter((name) => !name.startsWith(PREFIX) && name !== '.cache');
  execFileSync('cp', ['-al', ...modules, join(folder, 'node_modules')], { cwd: INSTALLED });
  for (const file of ['package.json', 'package-lock.json'])
    copyFileSync(join(ROOT, file), join(folder, file));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('has what the server needs, nothing else, and all of it in its bill of materials', () => {
  const dockerfile = readFileSync(join(ROOT, 'Dockerfile'), 'utf8');
  const [, commands = ''] = /^RUN npm ci && (.*)$/m.exec(dockerfile) ?? [];
  expect(commands).toContain('sbom.json');
  const env = { ...process.env, npm_config_offline: 'true', npm_config_ignore_scripts: 'true' };
  execFileSync('sh', ['-c', commands], { cwd: folder, env, stdio: 'pipe' });
  const { components } = readJson(folder, 'sbom.json') as Bom;
  const listed = components.map(({ group, name, version }) =>
    group === undefined ? `${name}@${version}` : `${group}/${name}@${version}`,
  );
  const installed = new Set(listPackages(join(folder, 'node_modules')));
  expect([...installed].filter((one) => !listed.includes(one))).toEqual([]);
  const { dependencies } = readJson(ROOT, 'package.json') as PackageFile;
  for (const [name, version] of Object.entries(dependencies))
    expect(installed).toContain(`${name}@${version}`);
  expect([...installed].filter((one) => one.startsWith('vitest@'))).toEqual([]);
});
