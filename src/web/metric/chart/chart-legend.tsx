/** What is drawn how in the chart above the scores. */
export function ChartLegend({ hasPrevious }: { readonly hasPrevious: boolean }) {
  return (
    <div className="legend chart-legend">
      <span>
        <svg viewBox="0 0 22 14" aria-hidden="true">
          <path className="legend-value" d="M1 10 L8 5 L14 8 L21 3" />
        </svg>
        Value
      </span>
      <span>
        <svg viewBox="0 0 22 14" aria-hidden="true">
          <rect className="legend-band" width="22" height="14" />
          <path className="legend-expected" d="M0 7 H22" />
        </svg>
        Expected value and range
      </span>
      <span>
        <svg viewBox="0 0 22 14" aria-hidden="true">
          <circle className="bar-red" cx="6" cy="7" r="5" />
          <circle className="stripe" cx="17" cy="7" r="3.5" />
        </svg>
        Anomaly: critical, warning
      </span>
      <span>
        <svg viewBox="0 0 22 14" aria-hidden="true">
          <path className="legend-flag" d="M6 14 V1 L14 4.5 L6 8" />
        </svg>
        Incident
      </span>
      {hasPrevious ? (
        <span>
          <svg viewBox="0 0 22 14" aria-hidden="true">
            <path className="legend-previous" d="M1 10 L8 5 L14 8 L21 3" />
          </svg>
          Period before
        </span>
      ) : null}
    </div>
  );
}
