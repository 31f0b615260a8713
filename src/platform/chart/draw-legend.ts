/** The names of lines and bands, below a chart or to the right of it. */
import type { TimeChart } from './chart.ts';
import { drawText, element, fitText, measureText, PALETTES } from './svg.ts';

const SIZE = 12;
const ROW = 18;
const SWATCH = 12;
const GAP = 14;

interface Entry {
  readonly label: string;
  readonly color: string;
}

interface PlacedEntry extends Entry {
  readonly x: number;
  readonly row: number;
}

export interface Legend {
  /** Pixels it takes below the chart, and to its right. */
  readonly height: number;
  readonly width: number;
  readonly entries: readonly PlacedEntry[];
  /** So many names have no room. */
  readonly left: number;
}

const NO_LEGEND: Legend = { height: 0, width: 0, entries: [], left: 0 };
/** Of the picture, at most. */
const MAX_PART = 0.35;

/** Finds a place for as many entries as there is room for. */
export function placeLegend(chart: TimeChart): Legend {
  const entries: readonly Entry[] = [...chart.lines, ...chart.bands].filter(({ label }) => label !== '');
  if (chart.legend === 'hidden' || entries.length === 0) return NO_LEGEND;
  return chart.legend === 'right' ? placeColumn(entries, chart) : placeRows(entries, chart);
}

function placeColumn(entries: readonly Entry[], { width, height }: TimeChart): Legend {
  const widest = Math.max(...entries.map(({ label }) => measureText(label, SIZE)));
  const taken = Math.min(widest + SWATCH + 2 * GAP, width * MAX_PART);
  if (taken < 60) return NO_LEGEND;
  const rows = Math.max(1, Math.floor(height / ROW) - 3);
  const shown = entries.slice(0, rows);
  return {
    width: taken,
    height: 0,
    left: entries.length - shown.length,
    entries: shown.map((entry, row) => ({
      ...entry,
      label: fitText(entry.label, SIZE, taken - SWATCH - GAP),
      row,
      x: width - taken + GAP / 2,
    })),
  };
}

function placeRows(entries: readonly Entry[], { width, height }: TimeChart): Legend {
  const maxRows = Math.floor((height * MAX_PART) / ROW);
  if (maxRows < 1 || width < 100) return NO_LEGEND;
  const placed: PlacedEntry[] = [];
  let [x, row] = [GAP, 0];
  for (const entry of entries) {
    const label = fitText(entry.label, SIZE, width - 3 * GAP - SWATCH);
    const taken = SWATCH + 4 + measureText(label, SIZE) + GAP;
    if (x + taken > width && x > GAP) [x, row] = [GAP, row + 1];
    if (row >= maxRows) break;
    placed.push({ ...entry, label, x, row });
    x += taken;
  }
  const rows = Math.max(...placed.map((one) => one.row)) + 1;
  return { width: 0, height: rows * ROW + 6, entries: placed, left: entries.length - placed.length };
}

/** @param top of its first row */
export function drawLegend({ entries, left }: Legend, top: number, { theme }: TimeChart): string {
  const { ink, quiet } = PALETTES[theme];
  const drawn = entries.map(({ label, color, x, row }) => {
    const y = top + row * ROW;
    return (
      element('rect', { x, y: y + 3, width: SWATCH, height: SWATCH, rx: 2, fill: color }) +
      drawText(label, x + SWATCH + 4, y + 13, { size: SIZE, color: ink })
    );
  });
  const last = entries.at(-1);
  if (left > 0 && last !== undefined) {
    const x = last.x + SWATCH + 4 + measureText(last.label, SIZE) + 4;
    drawn.push(drawText(`+${left}`, x, top + last.row * ROW + 13, { size: SIZE, color: quiet }));
  }
  return drawn.join('');
}
