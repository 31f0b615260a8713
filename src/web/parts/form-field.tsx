import { type ComponentProps, memo, type ReactNode, useContext, useEffect, useId, useRef } from 'react';
import { isAbout, ProblemContext } from './field-problem.ts';

interface Attributes {
  readonly id: string;
  readonly 'aria-invalid': boolean;
  readonly 'aria-describedby': string;
}

/** A field with its label, what there is to know of it, and what the server has against it: then it takes the focus. */
export function FormField(props: {
  /** Its path in the input, as problems name it. */
  readonly at: string;
  readonly label: string;
  readonly hint?: string;
  readonly children: (attributes: Attributes) => ReactNode;
}) {
  const { at, label, hint, children } = props;
  const id = useId();
  const place = useRef<HTMLDivElement>(null);
  const problem = useContext(ProblemContext);
  const isMine = isAbout(problem, at);
  useEffect(() => {
    if (isMine) place.current?.querySelector<HTMLElement>('input, select, textarea')?.focus();
  }, [isMine, problem]);
  return (
    <div className="field" ref={place}>
      <label htmlFor={id}>{label}</label>
      {children({ id, 'aria-invalid': isMine, 'aria-describedby': `${id}-hint ${id}-problem` })}
      <span className="detail" id={`${id}-hint`}>
        {hint}
      </span>
      <span className="refused" id={`${id}-problem`}>
        {isMine ? problem.text : null}
      </span>
    </div>
  );
}

interface Texted {
  readonly at: string;
  readonly label: string;
  readonly hint?: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

/** Text of one line. */
export function TextField(
  props: Texted & {
    readonly type?: 'text' | 'url' | 'password' | 'time' | 'datetime-local';
    readonly isRequired?: boolean;
    readonly placeholder?: string;
    readonly options?: readonly string[];
  },
) {
  const { type = 'text', value, onChange, isRequired = false, placeholder, options } = props;
  const list = useId();
  return (
    <FormField {...props}>
      {(attributes) => (
        <>
          <input
            {...attributes}
            type={type}
            value={value}
            required={isRequired}
            placeholder={placeholder}
            autoComplete={type === 'password' ? 'new-password' : 'off'}
            {...(options === undefined ? {} : { list })}
            onChange={({ target }) => onChange(target.value)}
          />
          {options === undefined ? null : <Proposals id={list} options={options} />}
        </>
      )}
    </FormField>
  );
}

/** Hundreds of time zones need not be drawn anew with every letter that is typed. */
const Proposals = memo(function Proposals(props: {
  readonly id: string;
  readonly options: readonly string[];
}) {
  const { id, options } = props;
  return (
    <datalist id={id}>
      {options.map((option) => (
        <option key={option} value={option} />
      ))}
    </datalist>
  );
});

/** A number; which ones make sense the server says. */
export function NumberField(props: Texted & { readonly isWhole?: boolean }) {
  const { value, onChange, isWhole = false } = props;
  return (
    <FormField {...props}>
      {(attributes) => (
        <input
          {...attributes}
          type="number"
          step={isWhole ? 1 : 'any'}
          value={value}
          required
          onChange={({ target }) => onChange(target.value)}
        />
      )}
    </FormField>
  );
}

/** Text of some lines. */
export function LongTextField(props: Texted & { readonly rows: number; readonly placeholder?: string }) {
  const { value, onChange, rows, placeholder } = props;
  return (
    <FormField {...props}>
      {(attributes) => (
        <textarea
          {...attributes}
          rows={rows}
          value={value}
          placeholder={placeholder}
          onChange={({ target }) => onChange(target.value)}
        />
      )}
    </FormField>
  );
}

/** One of some choices. */
export function ChoiceField<Choice extends string>(
  props: Omit<Texted, 'value' | 'onChange'> & Choosing<Choice>,
) {
  const { choices, value, onChange } = props;
  return (
    <FormField {...props}>
      {(attributes) => <Select {...attributes} choices={choices} value={value} onChange={onChange} />}
    </FormField>
  );
}

interface Choosing<Choice extends string> {
  /** What it stands for, and what is shown of it. */
  readonly choices: readonly (readonly [Choice, string])[];
  readonly value: Choice;
  readonly onChange: (choice: Choice) => void;
}

/** The list of choices itself, for a field of whatever kind. */
export function Select<Choice extends string>(
  props: Omit<ComponentProps<'select'>, 'value' | 'onChange' | 'children'> & Choosing<Choice>,
) {
  const { choices, onChange, ...attributes } = props;
  return (
    <select
      {...attributes}
      onChange={({ target }) => {
        const found = choices.find(([choice]) => choice === target.value);
        if (found !== undefined) onChange(found[0]);
      }}
    >
      {choices.map(([choice, text]) => (
        <option key={choice} value={choice}>
          {text}
        </option>
      ))}
    </select>
  );
}

/** A field of a form whose problems are shown as a whole: no more than its label. */
export function Labelled({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <label className="field">
      <span>{label}</span>
      {children}
    </label>
  );
}

/** Something that holds or does not. */
export function TickField(props: {
  readonly label: string;
  readonly value: boolean;
  readonly onChange: (value: boolean) => void;
}) {
  const { label, value, onChange } = props;
  return (
    <label className="choice">
      <input type="checkbox" checked={value} onChange={({ target }) => onChange(target.checked)} />
      {label}
    </label>
  );
}
