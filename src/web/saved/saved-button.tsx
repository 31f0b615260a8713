import { type SubmitEvent, useState } from 'react';
import { Link } from 'wouter';
import { useStore } from '../api/store.ts';
import { useCopy } from '../parts/copy-block.tsx';
import { Modal } from '../parts/modal.tsx';
import { usePreferences } from '../parts/preferences.ts';
import { MAX_NAME_LENGTH, type Saved, type SavedList } from './saved-list.ts';

/** Opens what this browser keeps: views by name, and the metrics with a star. */
export function SavedButton() {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <button className="bare" aria-haspopup="dialog" onClick={() => setOpen(true)}>
        Views
      </button>
      {isOpen ? <SavedDialog onClose={() => setOpen(false)} /> : null}
    </>
  );
}

function SavedDialog({ onClose }: { readonly onClose: () => void }) {
  const { views, favourites } = usePreferences();
  const [problem, setProblem] = useState<string | null>(null);
  const shared = { onProblem: setProblem, onClose };
  return (
    <Modal title="Saved views" onClose={onClose}>
      <SaveForm views={views} onProblem={setProblem} />
      {problem === null ? null : <p role="alert">{problem}</p>}
      <SavedRows title="Views" list={views} canRename {...shared} />
      <SavedRows title="Favourites" list={favourites} {...shared} />
      <div className="line spread">
        <span className="quiet">Kept in this browser alone; Ctrl-K finds them.</span>
        <button onClick={onClose}>Close</button>
      </div>
    </Modal>
  );
}

/** Keeps what the page shows now. */
function SaveForm(props: {
  readonly views: SavedList;
  readonly onProblem: (problem: string | null) => void;
}) {
  const [name, setName] = useState('');
  const save = (event: SubmitEvent) => {
    event.preventDefault();
    const problem = props.views.add({ name, href: location.pathname + location.search });
    props.onProblem(problem);
    if (problem === null) setName('');
  };
  return (
    <form className="line" onSubmit={save}>
      <input
        aria-label="Name of this view"
        placeholder="Name of this view"
        maxLength={MAX_NAME_LENGTH}
        value={name}
        onChange={({ target }) => setName(target.value)}
      />
      <button className="main">Save this view</button>
    </form>
  );
}

function SavedRows(props: {
  readonly title: string;
  readonly list: SavedList;
  readonly canRename?: boolean;
  readonly onProblem: (problem: string | null) => void;
  readonly onClose: () => void;
}) {
  const { title, list, canRename = false, onProblem, onClose } = props;
  const items = useStore(list.items);
  const [renamed, setRenamed] = useState<Saved | null>(null);
  const { notice, copy } = useCopy();
  if (items.length === 0) return null;
  const rename = (name: string) => {
    const problem = renamed === null ? null : list.rename(renamed, name);
    onProblem(problem);
    if (problem === null) setRenamed(null);
  };
  return (
    <section className="stack" aria-label={title}>
      <h3>{title}</h3>
      <ul className="stack">
        {items.map((item) => (
          <li key={item.href + item.name} className="line spread">
            {item === renamed ? (
              <RenameForm name={item.name} onRename={rename} onCancel={() => setRenamed(null)} />
            ) : (
              <>
                <Link href={item.href} onClick={onClose}>
                  {item.name}
                </Link>
                <span className="line">
                  <button
                    aria-label={`Copy link to ${item.name}`}
                    onClick={() => void copy(new URL(item.href, location.href).href)}
                  >
                    Copy link
                  </button>
                  {canRename ? (
                    <button aria-label={`Rename ${item.name}`} onClick={() => setRenamed(item)}>
                      Rename
                    </button>
                  ) : null}
                  <button
                    className="danger"
                    aria-label={`Delete ${item.name}`}
                    onClick={() => onProblem(list.remove(item))}
                  >
                    Delete
                  </button>
                </span>
              </>
            )}
          </li>
        ))}
      </ul>
      <span className="quiet" role="status">
        {notice}
      </span>
    </section>
  );
}

function RenameForm(props: {
  readonly name: string;
  readonly onRename: (name: string) => void;
  readonly onCancel: () => void;
}) {
  const [name, setName] = useState(props.name);
  return (
    <form
      className="line"
      onSubmit={(event) => {
        event.preventDefault();
        props.onRename(name);
      }}
    >
      <input
        aria-label="New name"
        maxLength={MAX_NAME_LENGTH}
        value={name}
        autoFocus
        onChange={({ target }) => setName(target.value)}
      />
      <button className="main">Rename</button>
      <button type="button" onClick={props.onCancel}>
        Cancel
      </button>
    </form>
  );
}
