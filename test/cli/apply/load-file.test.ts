import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfiguration } from '../../../src/cli/apply/load-file.ts';

const TEXT = 'apiVersion: 1\nnotificationRules:\n  - name: Café\n';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lapwing-apply-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function load(bytes: Buffer | string) {
  const file = join(folder, 'lapwing.yaml');
  await writeFile(file, bytes);
  const { entries } = await loadConfiguration(file, {});
  return entries.map(({ title, locate }) => [title, locate(['name']).slice(folder.length + 1)]);
}

describe('a configuration file', () => {
  it.each([
    ['as it is', TEXT],
    ['with the line ends of Windows', TEXT.replaceAll('\n', '\r\n')],
    ['with a byte order mark', `\uFEFF${TEXT}`],
    ['with both', `\uFEFF${TEXT.replaceAll('\n', '\r\n')}`],
    ['without a line end', TEXT.trimEnd()],
    ['between the marks of a document', `---\n${TEXT}...\n`],
  ])('is read %s', async (what, text) => {
    const line = what.startsWith('between') ? 4 : 3;
    expect(await load(text)).toEqual([['notification rule "Café"', `lapwing.yaml:${line}:11`]]);
  });

  it.each([
    ['UTF-16, as PowerShell writes it', Buffer.from(`\uFEFF${TEXT}`, 'utf16le')],
    ['Latin-1', Buffer.from(TEXT, 'latin1')],
    ['no text', Buffer.from([0x1f, 0x8b, 0x08, 0x00])],
  ])('is refused in %s', async (_what, bytes) => {
    await expect(load(bytes)).rejects.toThrow(/lapwing\.yaml: expected text in UTF-8$/);
  });

  it('is refused where there is none', async () => {
    await expect(loadConfiguration(join(folder, 'none.yaml'), {})).rejects.toThrow(
      /^cannot read .*none\.yaml: ENOENT/,
    );
    await expect(loadConfiguration(folder, {})).rejects.toThrow(/^cannot read .*: EISDIR/);
  });
});
