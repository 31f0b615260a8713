/** A few choices of which one holds. */
export function Segments<Choice extends string>(props: {
  readonly label: string;
  readonly choices: readonly (readonly [Choice, string])[];
  readonly value: Choice;
  readonly onChoose: (choice: Choice) => void;
}) {
  const { label, choices, value, onChoose } = props;
  return (
    <div className="segments" role="group" aria-label={label}>
      {choices.map(([choice, text]) => (
        <button key={choice} type="button" aria-pressed={choice === value} onClick={() => onChoose(choice)}>
          {text}
        </button>
      ))}
    </div>
  );
}
