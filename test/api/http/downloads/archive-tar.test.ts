import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { sendTarGz } from '../../../../src/api/http/downloads/archive-tar.ts';

const BYTES = 2 ** 40;

/** A file without end, of bytes that do not get smaller, and what became of it. */
function createEndlessFile() {
  const seen = { parts: 0, contentClosed: false, filesClosed: false };
  async function* content() {
    try {
      for (;;) {
        seen.parts += 1;
        yield await Promise.resolve(randomBytes(65_536));
      }
    } finally {
      seen.contentClosed = true;
    }
  }
  async function* files() {
    try {
      yield await Promise.resolve({ name: 'endless.csv', bytes: BYTES, content: content() });
    } finally {
      seen.filesClosed = true;
    }
  }
  return { seen, files };
}

test('an archive whose client leaves is read no further, and closed', async () => {
  const { seen, files } = createEndlessFile();
  const client = new PassThrough();
  const sending = sendTarGz(files(), client, new AbortController().signal);
  const failure = expect(sending).rejects.toThrow();
  await once(client, 'readable');
  client.destroy();
  await failure;
  expect(seen).toMatchObject({ contentClosed: true, filesClosed: true });
});

test('an archive that takes too long is cut off', async () => {
  const { seen, files } = createEndlessFile();
  const tooLong = new AbortController();
  const client = new PassThrough();
  const failure = expect(sendTarGz(files(), client, tooLong.signal)).rejects.toThrow('abort');
  await once(client, 'readable');
  tooLong.abort();
  await failure;
  expect(client.destroyed).toBe(true);
  // The client reads nothing: what waits is no more than the buffers hold.
  expect(seen.parts).toBeLessThan(100);
});

test('a failure while reading cuts the answer short instead of ending it', async () => {
  const client = new PassThrough();
  client.resume();
  async function* content() {
    yield await Promise.resolve(Buffer.from('half'));
    throw new Error('the database went away');
  }
  async function* files() {
    yield await Promise.resolve({ name: 'half.csv', bytes: 8, content: content() });
  }
  await expect(sendTarGz(files(), client, new AbortController().signal)).rejects.toThrow(
    'the database went away',
  );
  expect(client.writableFinished).toBe(false);
});
