const LOOKS = [
  ['bar-red', 14, 'Critical: expected about once in 100,000 points'],
  ['bar-yellow', 7, 'Warning: about once in 10,000 points'],
  ['bar-normal', 3, 'Normal'],
  ['bar-learning', 3, 'Learning or no score'],
] as const;

/** What the bars mean, and the stripes they are filled with. */
export function BarLegend() {
  return (
    <div className="legend">
      <svg className="only-heard" aria-hidden="true">
        <defs>
          <pattern id="yellow-stripes" width="3" height="5" patternUnits="userSpaceOnUse">
            <rect className="stripe" width="3" height="3.4" />
          </pattern>
        </defs>
      </svg>
      {LOOKS.map(([look, height, text]) => (
        <span key={look}>
          <svg viewBox="0 0 10 14" aria-hidden="true">
            <rect className={look} x="1" y={14 - height} width="8" height={height} />
          </svg>
          {text}
        </span>
      ))}
      <span>Each bar is the highest anomaly score in that interval. Click a bar for details.</span>
    </div>
  );
}
