import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { textWith } from '../helpers/matchers.ts';

/** Says how it ends; what a signal to npm reaches is a matter of npm and of the shell, not of what they start. */
const PROGRAM = `
  const end = (how) => { console.log(how); process.exit(0); };
  process.once('SIGTERM', () => end('stopped'));
  process.stdin.resume().once('end', () => end('left alone'));
  console.log('started');`;

let folder: string;
beforeAll(() => {
  const {
    scripts: { start, preprepare },
  } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as {
    scripts: { start: string; preprepare: string };
  };
  folder = mkdtempSync(join(tmpdir(), 'lapwing-npm-start-'));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ scripts: { start, preprepare } }));
  mkdirSync(join(folder, 'dist'));
  writeFileSync(join(folder, 'dist/main.js'), PROGRAM);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

it('stops the server with npm, which passes signals on to the shell alone', async () => {
  const npm = spawn('npm', ['--silent', 'start'], { cwd: folder, stdio: ['pipe', 'pipe', 'inherit'] });
  const said: string[] = [];
  const lines = createInterface(npm.stdout).on('line', (line) => said.push(line));
  await once(lines, 'line');
  const closed = once(npm, 'close');
  npm.kill('SIGTERM');
  await once(npm, 'exit');
  npm.stdin.end();
  await closed;
  expect(said).toEqual(['started', 'stopped']);
});

it('says what a build without development dependencies lacks, and what to do', () => {
  const prepare = () =>
    spawnSync('npm', ['run', '--silent', 'preprepare'], { cwd: folder, encoding: 'utf8' });
  expect(prepare()).toMatchObject({
    status: 1,
    stderr: textWith('npm ci --include=dev && npm prune --omit=dev'),
  });
  mkdirSync(join(folder, 'node_modules/@types/ws'), { recursive: true });
  expect(prepare()).toMatchObject({ status: 0, stderr: '' });
});

it('installs no package that asks for another Node.js', () => {
  const flags = ['--engine-strict', '--dry-run', '--offline', '--ignore-scripts'];
  const cwd = join(import.meta.dirname, '../..');
  const { status, stderr } = spawnSync('npm', ['ci', ...flags], { cwd, encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(status).toBe(0);
});
