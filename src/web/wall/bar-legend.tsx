const LOOKS = [
  ['bar-red', 14, 'red: as seldom as 1 in 100,000'],
  ['bar-yellow', 7, 'yellow: 1 in 10,000'],
  ['bar-usual', 3, 'usual'],
  ['bar-learning', 3, 'still learning, or not scored'],
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
      <span>A bar shows the worst of its time. Press one to see why.</span>
    </div>
  );
}
