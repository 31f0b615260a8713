import { describe, expect, it } from 'vitest';
import { redactArguments } from '../../../src/core/access/redact.ts';

describe('arguments in the audit log', () => {
  it.each([
    'token',
    'secret',
    'webhookSecret',
    'password',
    'smtpPassword',
    'key',
    'apiKey',
    'api_keys',
    'authorization',
    'topic',
  ])('never hold the value of a field named %s, however deep and of whatever kind', (name) => {
    const text = JSON.stringify(
      redactArguments({ input: [{ [name]: 'hunter2' }, { deep: { [name]: { x: 'hunter2' } } }] }),
    );
    expect(text).not.toContain('hunter2');
    expect(text).toContain('(hidden)');
  });

  it('keep of an address no more than where it leads', () => {
    const given = {
      url: 'https://hooks.example.com/services/T0/hunter2?x=hunter2',
      note: 'http://u:hunter2@a.example/b',
      uri: 'file:///etc/hunter2',
    };
    expect(redactArguments(given)).toEqual({
      url: 'https://hooks.example.com/…',
      note: 'http://a.example/…',
      uri: 'file:…',
    });
  });

  it('say of a tag filter which tag was asked for', () => {
    const filters = [{ key: 'Env', values: ['prod*'] }];
    expect(redactArguments({ input: { filters } })).toEqual({ input: { filters } });
  });

  it('are short, whatever was given', () => {
    const models = Array.from({ length: 5000 }, (_, index) => ({
      index,
      data: 'x'.repeat(1000),
      nested: { a: [1] },
    }));
    expect(JSON.stringify(redactArguments({ input: { models } })).length).toBeLessThan(2200);
    expect(redactArguments({ list: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12] })).toEqual({
      list: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, '… 2 more'],
    });
  });

  it('are otherwise as they were given', () => {
    const input = { id: 'Metric:1', unit: null, at: new Date(0), on: true, zero: 'a\0b' };
    expect(redactArguments({ input })).toEqual({
      input: { id: 'Metric:1', unit: null, at: '1970-01-01T00:00:00.000Z', on: true, zero: 'a\ufffdb' },
    });
  });
});
