import type { TagFilterInput } from '../generated/graphql.ts';

/** A condition as it is typed: the values with commas between. */
export interface TagFilterDraft {
  readonly key: string;
  readonly values: string;
}

const MOST_FILTERS = 10;

/** Conditions that say something; half-typed ones are left out. */
export function readFilters(drafts: readonly TagFilterDraft[]): TagFilterInput[] {
  return drafts
    .map(({ key, values }) => ({
      key: key.trim(),
      values: values
        .split(',')
        .map((value) => value.trim())
        .filter((value) => value !== ''),
    }))
    .filter(({ key, values }) => key !== '' && values.length > 0);
}

/** Conditions on tags; all of them have to hold. */
export function TagFilters(props: {
  readonly drafts: readonly TagFilterDraft[];
  readonly onChange: (drafts: readonly TagFilterDraft[]) => void;
}) {
  const { drafts, onChange } = props;
  const change = (place: number, part: Partial<TagFilterDraft>) =>
    onChange(drafts.map((draft, index) => (index === place ? { ...draft, ...part } : draft)));
  return (
    <fieldset className="card picker">
      <legend>Tags: every one has to match</legend>
      {drafts.map((draft, index) => (
        <div key={index} className="filter">
          <label className="field">
            <span>Tag</span>
            <input value={draft.key} onChange={({ target }) => change(index, { key: target.value })} />
          </label>
          <label className="field">
            <span>Values, commas between; * for anything</span>
            <input
              value={draft.values}
              placeholder="web-*, api-?"
              onChange={({ target }) => change(index, { values: target.value })}
            />
          </label>
          {drafts.length > 1 ? (
            <button
              type="button"
              aria-label={`Take the condition on ${draft.key === '' ? 'a tag' : draft.key} away`}
              onClick={() => onChange(drafts.filter((_, place) => place !== index))}
            >
              ✕
            </button>
          ) : null}
        </div>
      ))}
      <button
        type="button"
        disabled={drafts.length >= MOST_FILTERS}
        onClick={() => onChange([...drafts, { key: '', values: '' }])}
      >
        One more condition
      </button>
    </fieldset>
  );
}
