import { describe, expect, it } from 'vitest';
import { MAX_NAME_LENGTH, MAX_SAVED, SavedList, shortenName } from '../../src/web/saved/saved-list.ts';

const KEY = 'kept';

function makeStorage(stored?: string) {
  const items = new Map<string, string>(stored === undefined ? [] : [[KEY, stored]]);
  return {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
  };
}

describe('what is saved in the browser', () => {
  it('is added, renamed and removed, in the order of names, and is there for the next page', () => {
    const storage = makeStorage();
    const list = new SavedList(storage, KEY, 'name');
    expect(list.add({ name: ' view 10 ', href: '/?q=a' })).toBeNull();
    expect(list.add({ name: 'view 9', href: '/?q=b' })).toBeNull();
    expect(list.items.get().map(({ name }) => name)).toEqual(['view 9', 'view 10']);
    expect(list.rename({ name: 'view 9', href: '/?q=b' }, 'view 11')).toBeNull();
    expect(list.remove({ name: 'view 10', href: '/?q=a' })).toBeNull();
    expect(new SavedList(storage, KEY, 'name').items.get()).toEqual([{ name: 'view 11', href: '/?q=b' }]);
  });

  it('keeps what another tab added meanwhile, and takes over what that one says', () => {
    const storage = makeStorage();
    const [one, other] = [new SavedList(storage, KEY, 'href'), new SavedList(storage, KEY, 'href')];
    let notify: (event: StorageEvent) => void = () => undefined;
    one.followOtherTabs({
      addEventListener: (_name: string, listener: unknown) => {
        notify = listener as typeof notify;
      },
    });
    one.add({ name: 'a', href: '/a' });
    other.add({ name: 'b', href: '/b' });
    notify({ key: KEY } as StorageEvent);
    expect(one.items.get().map(({ href }) => href)).toEqual(['/a', '/b']);
  });

  it.each([
    ['no name', '  ', '/a', 'A name is needed.'],
    [
      'a long name',
      'x'.repeat(MAX_NAME_LENGTH + 1),
      '/a',
      `A name has at most ${MAX_NAME_LENGTH} characters.`,
    ],
    ['a name that is there', 'kept', '/a', 'There is one of this name already.'],
    ['a long address', 'new', `/${'x'.repeat(5000)}`, 'The address of this view is too long to keep.'],
  ])('refuses %s and keeps what there was', (_, name, href, problem) => {
    const list = new SavedList(makeStorage('[{"name":"kept","href":"/k"}]'), KEY, 'name');
    expect(list.add({ name, href })).toBe(problem);
    expect(list.items.get()).toEqual([{ name: 'kept', href: '/k' }]);
  });

  it('says so when there are too many, and when the browser keeps nothing', () => {
    const full = JSON.stringify(
      Array.from({ length: MAX_SAVED }, (_, place) => ({ name: `n${place}`, href: '/a' })),
    );
    expect(new SavedList(makeStorage(full), KEY, 'name').add({ name: 'new', href: '/b' })).toContain(
      'at most',
    );
    const refusing = {
      getItem: () => null,
      setItem: () => {
        throw new DOMException('full', 'QuotaExceededError');
      },
    };
    const list = new SavedList(refusing, KEY, 'name');
    expect(list.add({ name: 'a', href: '/a' })).toContain('storage is full');
    expect(list.items.get()).toEqual([]);
  });

  it.each([
    ['not JSON', '{'],
    ['no list', '{}'],
    ['other things', '[null, 1, {"href": "/a"}, {"name": "", "href": "/a"}]'],
    ['an address elsewhere', '[{"name":"a","href":"//elsewhere.example"}]'],
    ['an address elsewhere, as browsers read it', '[{"name":"a","href":"/\\\\\\\\elsewhere.example"}]'],
    ['a script', '[{"name":"a","href":"javascript:alert(1)"}]'],
  ])('is nothing when what is stored is %s', (_, stored) => {
    expect(new SavedList(makeStorage(stored), KEY, 'name').items.get()).toEqual([]);
  });

  it.each([1, MAX_NAME_LENGTH, MAX_NAME_LENGTH + 1, 4096])(
    'takes a metric with a star whose name has %i characters',
    (length) => {
      const list = new SavedList(makeStorage(), KEY, 'href');
      expect(list.add({ name: shortenName('m'.repeat(length)), href: '/metric/a' })).toBeNull();
    },
  );
});
