import { OPEN_CALLER } from '../../../src/core/access/caller.ts';
import { describe, expect, it } from 'vitest';
import { createDownloadLinks, type Download } from '../../../src/core/transfer/download-link.ts';

const WHAT: Download = { kind: 'archive', metricId: 'm', comment: null };

describe('a download link', () => {
  it('gives what it was made for until it ends', () => {
    let nowMs = 0;
    const links = createDownloadLinks({ lifeSeconds: 600, now: () => nowMs });
    const { token, expiresAt } = links.sign(WHAT, OPEN_CALLER);
    expect(expiresAt).toEqual(new Date(600_000));
    nowMs = 600_000;
    expect(links.open(token)).toMatchObject({ what: WHAT, keyId: null });
    nowMs += 1;
    expect(links.open(token)).toBe('expired');
  });

  it('is worth nothing at another server, or with a letter changed', () => {
    const links = createDownloadLinks({ lifeSeconds: 600 });
    const { token } = links.sign(WHAT, OPEN_CALLER);
    expect(createDownloadLinks({ lifeSeconds: 600 }).open(token)).toBe('forged');
    for (const other of [`A${token.slice(1)}`, token.slice(0, -1), '.', '', token.replace('.', '')]) {
      expect(links.open(other)).toBe('forged');
    }
  });
});
