import { describe, expect, it } from 'vitest';
import { includesScope } from '../../../src/core/access/scope.ts';
import { SCOPES } from '../../../src/model.ts';
import { createSecret, hashKey, isSameHash, readKeyId } from '../../../src/core/access/secret.ts';

describe('a new key', () => {
  it('is one word that scanners know, with 256 random bits, and carries its number', () => {
    const secrets = Array.from({ length: 100 }, createSecret);
    for (const { id, key, hash } of secrets) {
      expect(key).toMatch(/^lapwing_[0-9a-f]{12}_[0-9a-f]{64}$/);
      expect(readKeyId(key)).toBe(id);
      expect(isSameHash(hash, hashKey(key))).toBe(true);
      expect(hash.toString('hex')).not.toContain(key.slice(-64));
    }
    expect(new Set(secrets.map(({ key }) => key.slice(-64))).size).toBe(100);
  });

  it('is told from all others, of other lengths too', () => {
    const { key, hash } = createSecret();
    expect(isSameHash(hash, hashKey(`${key}0`))).toBe(false);
    expect(isSameHash(hash, Buffer.alloc(0))).toBe(false);
    expect(readKeyId(`${key}0`)).toBeNull();
    expect(readKeyId(key.toUpperCase())).toBeNull();
  });
});

describe('scopes', () => {
  it.each([
    ['INGEST', ['INGEST']],
    ['READ', ['READ']],
    ['WRITE', ['INGEST', 'READ', 'WRITE']],
    ['ADMIN', ['INGEST', 'READ', 'WRITE', 'ADMIN']],
  ] as const)('%s includes %j and nothing else', (held, included) => {
    expect(SCOPES.filter((needed) => includesScope([held], needed))).toEqual(included);
  });
});
