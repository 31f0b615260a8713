import { createHash, randomBytes } from 'node:crypto';
import { OPEN_CALLER } from '../../../src/core/access/caller.ts';
import { describe, expect, it } from 'vitest';
import { createDownloadLinks, type Download } from '../../../src/core/transfer/download-link.ts';

const WHAT: Download = { kind: 'archive', metricId: 'm', comment: null };
const KEY = createHash('sha256').update('a key of a test').digest();

/** @param mark of the key of the settings */
function open(
  options: { readonly key?: Uint8Array; readonly mark?: string; readonly now?: () => number } = {},
) {
  const { key = KEY, mark = null, now = Date.now } = options;
  const markOf = (keyId: string | null) => (keyId === 'environment' ? mark : null);
  return createDownloadLinks({ key, keys: { markOf }, lifeSeconds: 600, now });
}

describe('a download link', () => {
  it('gives what it was made for until it ends', () => {
    let nowMs = 0;
    const links = open({ now: () => nowMs });
    const { token, expiresAt } = links.sign(WHAT, OPEN_CALLER);
    expect(expiresAt).toEqual(new Date(600_000));
    nowMs = 600_000;
    expect(links.open(token)).toMatchObject({ what: WHAT, keyId: null });
    nowMs += 1;
    expect(links.open(token)).toBe('expired');
  });

  it('opens wherever the key is the same, and with no other', () => {
    const { token } = open().sign(WHAT, OPEN_CALLER);
    expect(open().open(token)).toMatchObject({ what: WHAT });
    expect(open({ key: randomBytes(32) }).open(token)).toBe('forged');
  });

  it('of the key of the settings ends when another takes its place', () => {
    const { token } = open({ mark: 'one' }).sign(WHAT, { keyId: 'environment', user: null });
    expect(open({ mark: 'one' }).open(token)).toMatchObject({ what: WHAT });
    expect(open({ mark: 'two' }).open(token)).toBe('replaced');
  });

  it('is worth nothing with any letter changed, left out or added', () => {
    const links = open();
    const { token } = links.sign(WHAT, OPEN_CALLER);
    const others = Array.from(token).flatMap((letter, at) => {
      const [before, after] = [token.slice(0, at), token.slice(at + 1)];
      return [
        `${before}${letter === 'A' ? 'B' : 'A'}${after}`,
        `${before}${after}`,
        `${before}${letter}A${after}`,
      ];
    });
    // The last letter of base64url has bits that mean nothing.
    for (const last of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_') {
      if (!token.endsWith(last)) others.push(token.slice(0, -1) + last);
    }
    for (const other of [...others, '.', '', `${token}.`, `${token}=`])
      expect(links.open(other)).toBe('forged');
  });
});
