import { type KeyboardEvent, useEffect, useId, useState } from 'react';
import { describeError } from '../api/ask.ts';
import { Modal } from '../parts/modal.tsx';
import type { Found, FoundGroup } from './list-found.ts';
import { keepRecent } from './recent.ts';
import { useSearch } from './use-search.ts';
import '../style/search.css';

/** Finds things by their name. The field keeps the focus; arrows choose in the list below, Enter opens. */
export function SearchDialog(props: {
  readonly title: string;
  /** What can be found, in words. */
  readonly what: string;
  /** Only what is of this kind; everything when left out. */
  readonly kind?: Found['kind'];
  readonly onOpen: (found: Found) => void;
  readonly onClose: () => void;
}) {
  const { title, what, kind, onOpen, onClose } = props;
  const [text, setText] = useState('');
  const [place, setPlace] = useState(0);
  // Enter pressed before the answer is there opens the first thing found once it is.
  const [isEntered, setEntered] = useState(false);
  const { groups, isSettled, error } = useSearch(text, kind);
  const list = useId();
  const all = groups.flatMap(({ found }) => found);
  const active = Math.min(place, all.length - 1);
  const open = (found: Found | undefined) => {
    if (found === undefined) return;
    keepRecent(found);
    onClose();
    onOpen(found);
  };
  useEffect(() => {
    if (!isEntered || !isSettled) return;
    setEntered(false);
    open(all[active]);
  });
  const press = (event: KeyboardEvent) => {
    const next = nextPlace(event.key, active, all.length);
    if (event.key === 'Enter') setEntered(true);
    else if (next !== null) setPlace(next);
    else return;
    event.preventDefault();
  };
  return (
    <Modal title={title} onClose={onClose}>
      <input
        type="text"
        role="combobox"
        aria-label={what}
        aria-autocomplete="list"
        aria-expanded={all.length > 0}
        aria-controls={list}
        aria-activedescendant={all.length > 0 ? optionId(list, active) : undefined}
        placeholder={what}
        autoComplete="off"
        spellCheck={false}
        value={text}
        onChange={({ target }) => {
          setText(target.value);
          setPlace(0);
          setEntered(false);
        }}
        onKeyDown={press}
      />
      <FoundList id={list} groups={groups} active={active} onOpen={open} />
      <p className="quiet" role="status">
        {error !== undefined
          ? describeError(error)
          : isSettled
            ? describeCount(all.length, text)
            : 'Searching …'}
      </p>
      <div className="line spread">
        <span className="quiet search-keys">↑ ↓ choose · Enter opens · Esc closes</span>
        <button onClick={onClose}>Close</button>
      </div>
    </Modal>
  );
}

function describeCount(count: number, text: string): string {
  if (count === 0 && text.trim() === '') return 'Type a part of its name.';
  return count === 0 ? 'Nothing has this in its name.' : `${count} found`;
}

function FoundList(props: {
  readonly id: string;
  readonly groups: readonly FoundGroup[];
  readonly active: number;
  readonly onOpen: (found: Found) => void;
}) {
  const { id, groups, active, onOpen } = props;
  useEffect(() => {
    document.getElementById(optionId(id, active))?.scrollIntoView({ block: 'nearest' });
  }, [id, active, groups]);
  let place = 0;
  return (
    <div role="listbox" id={id} aria-label="Found" className="search-found">
      {groups.map(({ title, found, more }) => (
        <div key={title} role="group" aria-label={title}>
          <h3 aria-hidden="true">
            {title}
            {more === 0 ? null : (
              <span className="quiet">
                {' '}
                {more === null ? '(not all)' : `and ${more.toLocaleString('en')} more`}
              </span>
            )}
          </h3>
          {found.map((one) => {
            const mine = place++;
            return (
              // The field has the focus and handles the keys.
              <div
                key={one.href}
                id={optionId(id, mine)}
                role="option"
                aria-selected={mine === active}
                onClick={() => onOpen(one)}
              >
                <span>{one.name}</span>
                <span className="quiet">
                  {title === 'Recent' ? [one.kind, one.detail].filter(Boolean).join(' · ') : one.detail}
                </span>
              </div>
            );
          })}
        </div>
      ))}
    </div>
  );
}

function optionId(list: string, place: number): string {
  return `${list}-${place}`;
}

/** Where an arrow key leads: the list is a ring. Null for other keys. */
function nextPlace(key: string, place: number, count: number): number | null {
  if (count === 0) return null;
  if (key === 'ArrowDown') return (place + 1) % count;
  if (key === 'ArrowUp') return (place + count - 1) % count;
  return null;
}
