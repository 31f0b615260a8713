import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSeal, findSealingKey, readSealingKey } from '../../../src/platform/outbound/sealed-secret.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lapwing-key-'));
});

afterEach(() => rm(folder, { recursive: true }));

describe('a secret', () => {
  const [older, newer, other] = [randomBytes(32), randomBytes(32), randomBytes(32)];
  const sealed = createSeal(older).close('the secret', 'ops');

  it('opens with the key it was sealed with, also when that is an older one, and with no other', () => {
    expect(createSeal(older).open(sealed, 'ops')).toBe('the secret');
    expect(createSeal(newer, [other, older]).open(sealed, 'ops')).toBe('the secret');
    expect(() => createSeal(newer, [other]).open(sealed, 'ops')).toThrow('was the sealing key replaced?');
    expect(() => createSeal(older).open(sealed, 'another')).toThrow('was the sealing key replaced?');
  });

  it('is sealed with the newest key once, where it opens', () => {
    const renewed = createSeal(newer, [older]).renew(sealed, 'ops');
    expect(createSeal(newer).open(renewed ?? sealed, 'ops')).toBe('the secret');
    expect(createSeal(newer, [older]).renew(renewed ?? sealed, 'ops')).toBeNull();
    expect(createSeal(newer, [other]).renew(sealed, 'ops')).toBeNull();
  });
});

describe('the key file', () => {
  it('is made once, whole, and for its owner alone', async () => {
    const path = join(folder, 'deep', 'a.key');
    const key = await readSealingKey(path);
    expect(key).toHaveLength(32);
    expect(await readSealingKey(path)).toEqual(key);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(join(folder, 'deep'))).toEqual(['a.key']);
  });

  it('is one and the same for all who start at once', async () => {
    const path = join(folder, 'a.key');
    const keys = await Promise.all(Array.from({ length: 20 }, () => readSealingKey(path)));
    const [first] = keys;
    for (const key of keys) expect(key).toEqual(first);
    expect(await readdir(folder)).toEqual(['a.key']);
  });

  it('is never replaced where something is wrong with it, and the message says what to do', async () => {
    const path = join(folder, 'a.key');
    await writeFile(path, '');
    await expect(readSealingKey(path)).rejects.toThrow(/has 0 bytes, expected 32\. Restore it from a backup/);
    expect(await readFile(path)).toHaveLength(0);
  });

  it('is not made by those who only look', async () => {
    expect(await findSealingKey(join(folder, 'none.key'))).toBeNull();
    expect(await readdir(folder)).toEqual([]);
  });
});
