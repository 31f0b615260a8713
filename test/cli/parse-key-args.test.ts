import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readKeyWords } from '../../src/cli/parse-key-args.ts';

const NOW = new Date('2026-11-29T12:00:00Z');
beforeEach(() => void vi.useFakeTimers({ now: NOW, toFake: ['Date'] }));
afterEach(() => void vi.useRealTimers());

const read = (text: string) => readKeyWords(text.split(' '));
const NEW = { account: null, expiresAt: null };

describe('the words behind `lapwing key`', () => {
  it.each([
    ['create --name ops --scope ADMIN', { ...NEW, name: 'ops', scopes: ['ADMIN'] }],
    ['create --scope=read --name=a', { ...NEW, name: 'a', scopes: ['READ'] }],
    ['create --name a --scope READ,ingest', { ...NEW, name: 'a', scopes: ['READ', 'INGEST'] }],
    ['create --name a --scope READ --scope WRITE', { ...NEW, name: 'a', scopes: ['READ', 'WRITE'] }],
    [
      'create --name a --scope READ --account team-a',
      { ...NEW, name: 'a', scopes: ['READ'], account: 'team-a' },
    ],
    [
      'create --name a --scope READ --days 30',
      { ...NEW, name: 'a', scopes: ['READ'], expiresAt: new Date('2026-12-29T12:00:00Z') },
    ],
    [
      'create --name a --scope READ --days 0.5',
      { ...NEW, name: 'a', scopes: ['READ'], expiresAt: new Date('2026-11-30T00:00:00Z') },
    ],
  ])('make a key of %s', (text, key) => {
    expect(read(text)).toEqual({ deed: 'create', key });
  });

  it.each([
    ['list', { deed: 'list', revoked: false }],
    ['list --revoked', { deed: 'list', revoked: true }],
    ['--revoked list', { deed: 'list', revoked: true }],
    ['revoke d18a666e01f8', { deed: 'revoke', id: 'd18a666e01f8' }],
  ])('are understood: %s', (text, command) => {
    expect(read(text)).toEqual(command);
  });

  it.each([
    ['make', 'expected key create, key list or key revoke ID'],
    ['toString', 'expected key create, key list or key revoke ID'],
    ['create', 'key create needs --name NAME'],
    ['create --name a', 'key create needs --scope'],
    ['create --name a --scope READ,', '--scope: expected INGEST, READ, WRITE, ADMIN, got ""'],
    ['create --name a --scope ROOT', 'got "ROOT"'],
    ['create a --scope READ', 'key create does not take "a"'],
    ['create --name a --scope READ --revoked', 'key create does not take --revoked'],
    ['list a', 'key list does not take "a"'],
    ['list --account team-a', 'key list does not take --account'],
    ['list --scope READ', 'key list does not take --scope'],
    ['revoke', 'key revoke needs the id of a key'],
    ['revoke a b', 'key revoke does not take "b"'],
    ['revoke a --name b', 'key revoke does not take --name'],
    ['list --verbose', "Unknown option '--verbose'"],
    ['create --name', 'argument missing'],
  ])('are refused: %s', (text, problem) => {
    expect(() => read(text)).toThrow(problem);
  });

  it.each(['0', '-1', '36501', '1e3', '0x10', '1,5', 'NaN', 'Infinity', ' ', '7d'])(
    'name no number of days with %j',
    (days) => {
      const words = ['create', '--name', 'a', '--scope', 'READ', `--days=${days}`];
      expect(() => readKeyWords(words)).toThrow(
        `--days: expected more than 0 and at most 36500, got ${JSON.stringify(days)}`,
      );
    },
  );
});
