/** The 24 bars of a row as few shapes: one path for each look. */
import { type Bars, classOfBar, heightOfBar } from './bars.ts';

/** Of the drawing, in its own units. */
export const STRIP = { width: 240, height: 30 } as const;
const SLOT = STRIP.width / 24;

export interface BarPaths {
  readonly normal: string;
  readonly yellow: string;
  readonly red: string;
  readonly learning: string;
  /** Where nothing came: a line at the bottom. */
  readonly empty: string;
}

/** Red bars are wider than yellow ones, those wider than normal ones: form says what colour says. */
const WIDTHS = { RED: 8.6, YELLOW: 7, GREEN: 5.4, NONE: 5.4 } as const;
const LOOKS = { RED: 'red', YELLOW: 'yellow', GREEN: 'normal', NONE: 'learning' } as const;

export function drawBars(bars: Bars, starts: readonly number[]): BarPaths {
  const paths = { normal: '', yellow: '', red: '', learning: '', empty: '' };
  for (const [index, start] of starts.entries()) {
    const bar = bars.get(start);
    const middle = (index + 0.5) * SLOT;
    if (bar === undefined) {
      paths.empty += rectangle(middle, 4, 1);
      continue;
    }
    const found = classOfBar(bar);
    paths[LOOKS[found]] += rectangle(middle, WIDTHS[found], heightOfBar(bar) * STRIP.height);
  }
  return paths;
}

function rectangle(middle: number, width: number, height: number): string {
  const top = STRIP.height - height;
  return `M${(middle - width / 2).toFixed(1)} ${top.toFixed(1)}h${width}V${STRIP.height}h-${width}z`;
}
