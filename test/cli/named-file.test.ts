import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { createGunzip, createGzip } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { explainFailure } from '../../src/cli/explain-failure.ts';
import { openInput, openOutput } from '../../src/cli/named-file.ts';

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lapwing-named-'));
  file = join(folder, 'a');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const write = async (name: string, content: string, mode?: number) =>
  (await openOutput(name, mode)).write(Readable.from([content]));

describe('an output file', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'leaves nothing when its command is ended by %s, and what was there before',
    async (signal) => {
      await writeFile(file, 'of before');
      const module = new URL('../../src/cli/named-file.ts', import.meta.url).href;
      const program = `import { openOutput } from ${JSON.stringify(module)};
        import { Readable } from 'node:stream';
        async function* produce() {
          yield 'half of it';
          console.log('began');
          await new Promise((resolve) => setTimeout(resolve, 60_000));
        }
        await (await openOutput(${JSON.stringify(file)})).write(Readable.from(produce()));`;
      const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', program], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await once(child.stdout, 'data');
      expect(await readdir(folder)).toEqual(['a', 'a.partial']);
      child.kill(signal);
      expect(await once(child, 'exit')).toEqual([null, signal]);
      expect(await readdir(folder)).toEqual(['a']);
      expect(await readFile(file, 'utf8')).toBe('of before');
    },
  );

  it('has its name only once it is complete', async () => {
    await writeFile(file, 'of before');
    const seen: string[] = [];
    async function* produce() {
      yield 'one';
      seen.push(await readFile(file, 'utf8'));
      yield 'two';
    }
    await (await openOutput(file)).write(Readable.from(produce()));
    expect(seen).toEqual(['of before']);
    expect(await readFile(file, 'utf8')).toBe('onetwo');
    expect(await readdir(folder)).toEqual(['a']);
  });

  it('stays as it was when what is written fails, with the failure as it is', async () => {
    await writeFile(file, 'of before');
    const failure = new Error('the database is away');
    async function* produce() {
      yield await Promise.resolve('half');
      throw failure;
    }
    await expect((await openOutput(file)).write(Readable.from(produce()), createGzip())).rejects.toBe(
      failure,
    );
    expect(await readFile(file, 'utf8')).toBe('of before');
    expect(await readdir(folder)).toEqual(['a']);
  });

  it('may go through others on its way', async () => {
    await (await openOutput(file)).write(Readable.from(['content']), createGzip());
    expect(await text((await openInput(file)).pipe(createGunzip()))).toBe('content');
  });

  it('gets its mode also where a command that was killed left a part', async () => {
    await writeFile(`${file}.partial`, 'half', { mode: 0o666 });
    await chmod(`${file}.partial`, 0o666);
    await write(file, 'whole', 0o600);
    expect((await lstat(file)).mode & 0o777).toBe(0o600);
  });

  it('written by two at once is whole, of the later one; the other says so', async () => {
    const first = await openOutput(file);
    const second = await openOutput(file);
    await expect(first.write(Readable.from(['first']))).rejects.toThrow(
      /^cannot write .*a: another command began to write it meanwhile$/,
    );
    await second.write(Readable.from(['second']));
    expect(await readFile(file, 'utf8')).toBe('second');
    expect(await readdir(folder)).toEqual(['a']);
  });

  it('behind a link is replaced where it is', async () => {
    await mkdir(join(folder, 'disk'));
    await writeFile(join(folder, 'disk/real'), 'of before');
    await symlink('disk/real', file);
    await write(file, 'new');
    expect(await readlink(file)).toBe('disk/real');
    expect(await readFile(join(folder, 'disk/real'), 'utf8')).toBe('new');
    expect(await readdir(join(folder, 'disk'))).toEqual(['real']);
  });

  it('that a link names and that is not there is made there', async () => {
    await mkdir(join(folder, 'disk'));
    await symlink('disk/real', file);
    await write(file, 'new');
    expect(await readFile(join(folder, 'disk/real'), 'utf8')).toBe('new');
  });

  it.runIf(process.platform === 'linux')('that is a pipe or a device stays one', async () => {
    await promisify(execFile)('mkfifo', [file]);
    const [read] = await Promise.all([readFile(file, 'utf8'), write(file, 'through the pipe')]);
    expect(read).toBe('through the pipe');
    expect((await lstat(file)).isFIFO()).toBe(true);
    const link = join(folder, 'null');
    await symlink('/dev/null', link);
    await write(link, 'gone');
    expect((await lstat('/dev/null')).isCharacterDevice()).toBe(true);
    expect(await readlink(link)).toBe('/dev/null');
  });

  it.runIf(process.platform === 'linux')('on a full disk is named, with what to do', async () => {
    await symlink('/dev/full', file);
    const failure: unknown = await write(file, 'x').catch((error: unknown) => error);
    expect(explainFailure(failure)).toMatch(
      /^cannot write .*a: ENOSPC.* \(the disk is full: free some space\)$/,
    );
  });

  it.each([
    ['a folder', '.', /^cannot write .*: EISDIR/],
    ['in a folder that is not there', 'none/a', /^cannot write .*none\/a: ENOENT/],
    ['below a file', 'file/a', /^cannot write .*file\/a: ENOTDIR/],
  ])('that cannot be one, %s, is refused before anything is produced', async (_what, name, message) => {
    await writeFile(join(folder, 'file'), '');
    await expect(openOutput(join(folder, name))).rejects.toThrow(message);
  });
});

describe('an input file', () => {
  it.each([
    ['not there', 'none', /^cannot read .*none: ENOENT/],
    ['a folder', '.', /^cannot read .*: it is a folder$/],
  ])('that is %s is refused by its name', async (_what, name, message) => {
    await expect(openInput(join(folder, name))).rejects.toThrow(message);
  });

  it.runIf(process.platform === 'linux')('may be a pipe, as of <(…)', async () => {
    await promisify(execFile)('mkfifo', [file]);
    const [input] = await Promise.all([openInput(file), writeFile(file, 'piped')]);
    expect(await text(input)).toBe('piped');
  });
});
