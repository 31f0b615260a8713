import { useSilence } from './use-silence.ts';

const HOUR = 3600;
const SPANS = [
  [HOUR, '1 hour'],
  [4 * HOUR, '4 hours'],
  [24 * HOUR, '1 day'],
  [7 * 24 * HOUR, '1 week'],
] as const;

/** Silences a metric, or its resource: nobody is notified, while scores and incidents go on. */
export function SilenceChoice(props: {
  readonly metricId: string;
  /** The metric's resource, where it has one beside itself; else null. */
  readonly server: string | null;
}) {
  const { metricId, server } = props;
  const { said, silence } = useSilence();
  const choose = (value: string) => {
    const [what, text] = value.split(' ');
    const seconds = Number(text);
    const name = SPANS.find(([span]) => span === seconds)?.[1] ?? '';
    void silence(what === 'metric' ? { metricId } : { server }, seconds, name);
  };
  return (
    <>
      <select
        className="silence"
        aria-label="Silence"
        value=""
        onChange={({ target }) => {
          if (target.value !== '') choose(target.value);
        }}
      >
        <option value="">Silence…</option>
        <SpanChoices what="metric" label="This metric" />
        {server === null ? null : <SpanChoices what="resource" label={`Every metric of ${server}`} />}
      </select>
      <span role="status" className="quiet">
        {said}
      </span>
    </>
  );
}

function SpanChoices({ what, label }: { readonly what: string; readonly label: string }) {
  return (
    <optgroup label={label}>
      {SPANS.map(([seconds, name]) => (
        <option key={seconds} value={`${what} ${seconds}`}>
          {label} for {name}
        </option>
      ))}
    </optgroup>
  );
}
