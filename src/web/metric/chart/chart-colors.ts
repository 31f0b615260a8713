/** The page's colours as a canvas wants them: resolved for the theme that holds. */

const NAMES = [
  'ink',
  'ink-quiet',
  'line',
  'value',
  'band',
  'normal',
  'yellow',
  'red',
  'learning',
  'accent',
  'surface',
] as const;
export type ChartColors = Readonly<Record<(typeof NAMES)[number], string>>;

/** @param place an element of the page; it is used and left as it was */
export function readChartColors(place: HTMLElement): ChartColors {
  const probe = document.createElement('span');
  // Where the system chooses the colours all lines would have one.
  probe.style.forcedColorAdjust = 'none';
  place.append(probe);
  const read = (name: string) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  // Object.fromEntries forgets the names it was given.
  const colors = Object.fromEntries(NAMES.map((name) => [name, read(name)])) as ChartColors;
  probe.remove();
  return colors;
}
