import { useEffect, useEffectEvent, useRef } from 'react';
import uPlot from 'uplot';
import { useStore } from '../../api/store.ts';
import { usePreferences } from '../../parts/preferences.ts';
import { type ChartColors, readChartColors } from './chart-colors.ts';
import type { Range } from '../range.ts';

export type PlotDescription = Pick<
  uPlot.Options,
  'series' | 'bands' | 'axes' | 'scales' | 'hooks' | 'tzDate'
>;

/** What changes the page's colours besides its theme. */
const COLOUR_MEDIA = ['(prefers-color-scheme: dark)', '(forced-colors: active)', 'print'];
/** In pixels. */
const MIN_WIDTH = 200;
const MIN_SELECTED = 5;

/** One canvas of uPlot: as wide as its place, in the page's colours, with a range that is given from outside. */
export function PlotView(props: {
  readonly describe: (colors: ChartColors) => PlotDescription;
  readonly data: uPlot.AlignedData;
  readonly range: Range;
  readonly height: number;
  /** Plots of one key show the same moment under the pointer. */
  readonly syncKey: string;
  readonly onSelect: (range: Range) => void;
  /** The time of the point under the pointer, in seconds; null when none. */
  readonly onPoint?: (time: number | null) => void;
}) {
  const { describe, data, range, height, syncKey } = props;
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(null);
  const theme = useStore(usePreferences().theme);
  const select = useEffectEvent((chosen: Range) => props.onSelect(chosen));
  const point = useEffectEvent((time: number | null) => props.onPoint?.(time));
  const create = useEffectEvent((target: HTMLElement) => {
    const described = describe(readChartColors(target));
    const made = createPlot(target, { described, data, height, syncKey, select, point });
    show(made, range);
    return made;
  });

  useEffect(() => {
    const target = place.current;
    if (target === null) return;
    const media = COLOUR_MEDIA.map((query) => matchMedia(query));
    const build = () => {
      plot.current?.destroy();
      plot.current = create(target);
    };
    build();
    const resized = new ResizeObserver(() => {
      plot.current?.setSize({ width: Math.max(MIN_WIDTH, target.clientWidth), height });
    });
    resized.observe(target);
    for (const query of media) query.addEventListener('change', build);
    return () => {
      for (const query of media) query.removeEventListener('change', build);
      resized.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
  }, [describe, height, syncKey, theme]);

  useEffect(() => {
    if (plot.current === null) return;
    plot.current.setData(data, false);
    show(plot.current, range);
    // The labels of the plot above may have become wider.
    plot.current.redraw(false, true);
  }, [data, range]);

  return <div ref={place} className="plot" />;
}

function createPlot(
  target: HTMLElement,
  options: {
    readonly described: PlotDescription;
    readonly data: uPlot.AlignedData;
    readonly height: number;
    readonly syncKey: string;
    readonly select: (range: Range) => void;
    readonly point: (time: number | null) => void;
  },
): uPlot {
  const { described, data, height, syncKey, select, point } = options;
  return new uPlot(
    {
      width: Math.max(MIN_WIDTH, target.clientWidth),
      height,
      legend: { show: false },
      cursor: {
        sync: { key: syncKey },
        drag: { x: true, y: false, setScale: false },
        points: { show: false },
      },
      ...described,
      hooks: {
        ...described.hooks,
        setSelect: [(shown) => takeSelection(shown, select)],
        setCursor: [
          (shown) => {
            const { idx } = shown.cursor;
            point(idx == null ? null : (shown.data[0][idx] ?? null));
          },
        ],
      },
    },
    data,
    target,
  );
}

/** What was dragged over becomes the range; a click is no range. */
function takeSelection(plot: uPlot, select: (range: Range) => void): void {
  const { left, width } = plot.select;
  if (width < MIN_SELECTED) return;
  const fromMs = plot.posToVal(left, 'x') * 1000;
  const toMs = plot.posToVal(left + width, 'x') * 1000;
  plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  select({ fromMs, toMs });
}

function show(plot: uPlot, { fromMs, toMs }: Range): void {
  plot.setScale('x', { min: fromMs / 1000, max: toMs / 1000 });
}
