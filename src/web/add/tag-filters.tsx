import type { TagFilterInput } from '../generated/graphql.ts';
import { TextField } from '../parts/form-field.tsx';

/** A condition as it is typed: the values with commas between. */
export interface TagFilterDraft {
  readonly key: string;
  readonly values: string;
}

const MAX_FILTERS = 10;

/** What has been typed of each, but of those that are empty; the server has something against half of one. */
export function readFilters(drafts: readonly TagFilterDraft[]): TagFilterInput[] {
  return drafts
    .map(({ key, values }) => ({
      key: key.trim(),
      values: values
        .split(',')
        .map((value) => value.trim())
        .filter((value) => value !== ''),
    }))
    .filter(({ key, values }) => key !== '' || values.length > 0);
}

/** Conditions that say something; half-typed ones are left out. */
export function readWholeFilters(drafts: readonly TagFilterDraft[]): TagFilterInput[] {
  return readFilters(drafts).filter(({ key, values }) => key !== '' && values.length > 0);
}

/** Conditions on tags; all of them have to hold. */
export function TagFilters(props: {
  /** Where they stand in the input, as problems name it. */
  readonly at: string;
  /** How many there have to be; none when left out. */
  readonly least?: number;
  readonly drafts: readonly TagFilterDraft[];
  readonly onChange: (drafts: readonly TagFilterDraft[]) => void;
}) {
  const { at, least = 0, drafts, onChange } = props;
  const change = (place: number, part: Partial<TagFilterDraft>) =>
    onChange(drafts.map((draft, index) => (index === place ? { ...draft, ...part } : draft)));
  return (
    <fieldset className="card picker">
      <legend>Tags (all must match)</legend>
      {drafts.map((draft, index) => (
        <div key={index} className="filter">
          <TextField
            at={`${at}.${index}.key`}
            label="Tag"
            value={draft.key}
            placeholder="Name, or instance-type"
            onChange={(key) => change(index, { key })}
          />
          <TextField
            at={`${at}.${index}.values`}
            label="Values (comma-separated, * = wildcard)"
            value={draft.values}
            placeholder="web-*, api-?"
            onChange={(values) => change(index, { values })}
          />
          {drafts.length > least ? (
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
        disabled={drafts.length >= MAX_FILTERS}
        onClick={() => onChange([...drafts, { key: '', values: '' }])}
      >
        {drafts.length === 0 ? 'Add condition' : 'Add condition'}
      </button>
    </fieldset>
  );
}
