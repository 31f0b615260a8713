import { useState } from 'react';
import { useStore } from '../api/store.ts';
import { usePreferences } from '../parts/preferences.ts';
import { shortenName } from './saved-list.ts';

/** Makes a metric one of the favourites of this browser, or takes it out of them. */
export function StarButton(props: {
  readonly id: string;
  readonly name: string;
  /** What it belongs to; several metrics may have one name. */
  readonly server: string;
}) {
  const { id, name, server } = props;
  const { favourites } = usePreferences();
  const [problem, setProblem] = useState<string | null>(null);
  const href = `/metric/${encodeURIComponent(id)}`;
  const mine = useStore(favourites.items).find((item) => item.href === href);
  const turn = () => {
    const full = server === name ? name : `${name} · ${server}`;
    setProblem(
      mine === undefined ? favourites.add({ name: shortenName(full), href }) : favourites.remove(mine),
    );
  };
  return (
    <>
      <button aria-pressed={mine !== undefined} onClick={turn} title="Favourites come first in the search">
        {mine === undefined ? '☆' : '★'} Favourite
      </button>
      {problem === null ? null : <span role="alert">{problem}</span>}
    </>
  );
}
