import { describe, expect, it } from 'vitest';
import { InvalidInputError } from '../../../src/errors.ts';
import { customSource as source } from '../../../src/core/sources/custom.ts';

describe('the source of custom metrics', () => {
  it('takes the name for server and identity, and has neither bounds nor polling', () => {
    expect(source.describe({ name: 'shop.orders' })).toEqual({
      identity: 'shop.orders',
      name: 'shop.orders',
      description: 'Custom metric shop.orders',
      unit: null,
      server: 'shop.orders',
      location: '',
      tagName: null,
      tags: [],
      periodSeconds: 300,
      modelParams: {},
      resource: null,
    });
    expect(source.polling).toBeNull();
    expect(source.catalogue()).toEqual([]);
  });

  it('takes a resource for server, so that metrics of one thing stand together (row 16)', () => {
    const metric = source.describe({
      name: 'orders',
      resource: 'Test Resource',
      unit: 'Count',
      userInfo: { owner: { team: 'shop' } },
    });
    expect(metric).toMatchObject({ identity: 'orders', server: 'Test Resource', unit: 'Count' });
  });

  it('understands the older form, in which the name is called metric', () => {
    expect(source.describe({ metric: 'orders' }).identity).toBe('orders');
    expect(source.describe({ metric: 'orders', name: 'orders' }).identity).toBe('orders');
  });

  it('takes names of any script and of 4,096 characters', () => {
    for (const name of ['größe', '計', 'a b;c=d', 'n'.repeat(4096)]) {
      expect(source.describe({ name }).name).toBe(name);
    }
  });

  it.each([
    [null, []],
    ['orders', []],
    [{}, ['name']],
    [{ name: '' }, ['name']],
    [{ name: '  ' }, ['name']],
    [{ name: 5 }, ['name']],
    [{ name: 'a\nb' }, ['name']],
    [{ name: 'n'.repeat(4097) }, ['name']],
    [{ name: 'a', metric: 'b' }, ['metric']],
    [{ name: 'a', resource: '' }, ['resource']],
    [{ name: 'a', unit: 5 }, ['unit']],
    [{ name: 'a', userInfo: 'me' }, ['userInfo']],
    [{ name: 'a', userInfo: { text: 'x'.repeat(20_000) } }, ['userInfo']],
  ])('refuses the spec %j and names the field', (spec, path) => {
    const describing = () => source.describe(spec);
    expect(describing).toThrow(InvalidInputError);
    expect(describing).toThrow(path[0] ?? 'custom');
    expect(describing).toThrow(expect.objectContaining({ inputPath: path }));
  });

  it('refuses an unknown field by its name', () => {
    expect(() => source.describe({ name: 'a', colour: 'red' })).toThrow('colour');
  });
});
