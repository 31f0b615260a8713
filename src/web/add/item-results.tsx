/** One line for each item of a list that is worked on, with how far it has come. */
export interface Item {
  readonly key: string;
  readonly title: string;
  readonly state: 'waiting' | 'working' | 'done' | 'failed';
  /** What came of it. */
  readonly text: string;
}

const SIGNS = { waiting: '·', working: '…', done: '✓', failed: '▲' } as const;

export function ItemResults({ items, label }: { readonly items: readonly Item[]; readonly label: string }) {
  if (items.length === 0) return null;
  const over = items.filter(({ state }) => state === 'done' || state === 'failed').length;
  const failed = items.filter(({ state }) => state === 'failed').length;
  return (
    <section className="stack" aria-label={label}>
      <progress value={over} max={items.length} aria-label={label} />
      <p role="status">
        {over} of {items.length} done{failed === 0 ? '' : `, ${failed} failed`}
      </p>
      <ul className="results">
        {items.map(({ key, title, state, text }) => (
          <li key={key} data-state={state}>
            <span aria-hidden="true">{SIGNS[state]}</span> <strong>{title}</strong>{' '}
            <span className="quiet">{text}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
