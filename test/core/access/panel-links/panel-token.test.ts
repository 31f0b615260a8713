import { randomBytes, randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createPanelTokens } from '../../../../src/core/access/panel-links/panel-token.ts';

const KEY = randomBytes(32);
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=';

describe('the token of a panel link', () => {
  it('names its link wherever the key is the same, and nowhere else', () => {
    for (let count = 0; count < 200; count++) {
      const id = randomUUID();
      const token = createPanelTokens(KEY).sign(id);
      expect(createPanelTokens(KEY).open(token)).toBe(id);
      expect(createPanelTokens(randomBytes(32)).open(token)).toBeNull();
    }
  });

  it('opens nothing with any letter changed to any other, left out or added', () => {
    const tokens = createPanelTokens(KEY);
    const token = tokens.sign(randomUUID());
    for (let at = 0; at <= token.length; at++) {
      const [before, letter, after] = [token.slice(0, at), token.charAt(at), token.slice(at + 1)];
      for (const other of LETTERS) {
        if (other !== letter) expect(tokens.open(before + other + after), before).toBeNull();
        expect(tokens.open(before + other + letter + after), before).toBeNull();
      }
      if (letter !== '') expect(tokens.open(before + after), before).toBeNull();
    }
  });

  it('of another link is not made of the MAC of this one', () => {
    const tokens = createPanelTokens(KEY);
    const [one, other] = [tokens.sign(randomUUID()), tokens.sign(randomUUID())];
    expect(tokens.open(`${one.slice(0, 22)}.${other.slice(23)}`)).toBeNull();
    for (const text of ['', '.', 'x', `${one}/`, `${one}${one}`, one.replace('.', '')]) {
      expect(tokens.open(text)).toBeNull();
    }
  });
});
