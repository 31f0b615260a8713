/** What a picture of time series shows, apart from how it is drawn. Times are milliseconds since 1970. */

export type AxisSide = 'left' | 'right';
export type Theme = 'light' | 'dark';

/** In time order. */
export type ChartPoints = readonly (readonly [timeMs: number, value: number])[];

export interface ChartLine {
  readonly label: string;
  /** CSS colour. */
  readonly color: string;
  readonly axis: AxisSide;
  readonly points: ChartPoints;
  /** Points further apart than this are not joined. */
  readonly maxGapMs: number;
}

/** The range values were expected in. */
export interface ChartBand {
  readonly label: string;
  readonly color: string;
  readonly axis: AxisSide;
  readonly lower: ChartPoints;
  readonly upper: ChartPoints;
}

export interface HorizontalMark {
  readonly value: number;
  /** The other edge, where the mark is a band between two values. */
  readonly until: number | null;
  readonly label: string;
  readonly color: string;
  readonly fill: 'none' | 'above' | 'below';
  readonly axis: AxisSide;
}

export interface VerticalMark {
  readonly timeMs: number;
  /** The other edge, where the mark is a band between two times. */
  readonly untilMs: number | null;
  readonly label: string;
  readonly color: string;
  readonly fill: 'none' | 'before' | 'after';
}

interface ChartAxis {
  /** Null: as the data have it. */
  readonly min: number | null;
  readonly max: number | null;
  readonly label: string;
}

interface PictureBase {
  /** Pixels, at least 1. */
  readonly width: number;
  readonly height: number;
  readonly title: string;
  readonly theme: Theme;
}

export interface TimeChart extends PictureBase {
  readonly startMs: number;
  readonly endMs: number;
  /** East of UTC; of the times on the axis. */
  readonly offsetMinutes: number;
  readonly legend: 'bottom' | 'right' | 'hidden';
  /** Lines of an axis stand on each other, the first at the bottom. */
  readonly stacked: boolean;
  readonly lines: readonly ChartLine[];
  readonly bands: readonly ChartBand[];
  readonly horizontals: readonly HorizontalMark[];
  readonly verticals: readonly VerticalMark[];
  readonly axes: Readonly<Record<AxisSide, ChartAxis>>;
}

export interface SingleValue {
  readonly label: string;
  readonly color: string;
  /** Null where there is none. */
  readonly value: number | null;
}

export interface SingleValues extends PictureBase {
  readonly values: readonly SingleValue[];
}

/** Ten colours that can be distinguished; the eleventh line has the first again. */
const LINE_COLORS = [
  '#1f77b4',
  '#ff7f0e',
  '#2ca02c',
  '#d62728',
  '#9467bd',
  '#8c564b',
  '#e377c2',
  '#7f7f7f',
  '#bcbd22',
  '#17becf',
] as const;

export function pickLineColor(i: number): string {
  return LINE_COLORS[i % LINE_COLORS.length] ?? LINE_COLORS[0];
}
