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
  const select = useEffectEvent((shown: uPlot) => {
    const { left, width } = shown.select;
    if (width < 5) return;
    const fromMs = shown.posToVal(left, 'x') * 1000;
    const toMs = shown.posToVal(left + width, 'x') * 1000;
    shown.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    props.onSelect({ fromMs, toMs });
  });
  const point = useEffectEvent((shown: uPlot) => {
    const { idx } = shown.cursor;
    props.onPoint?.(idx == null ? null : (shown.data[0][idx] ?? null));
  });
  const create = useEffectEvent((target: HTMLElement) => {
    const described = describe(readChartColors(target));
    const made = new uPlot(
      {
        width: Math.max(200, target.clientWidth),
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
          setSelect: [(shown) => select(shown)],
          setCursor: [(shown) => point(shown)],
        },
      },
      data,
      target,
    );
    show(made, range);
    return made;
  });

  useEffect(() => {
    const target = place.current;
    if (target === null) return;
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const build = () => {
      plot.current?.destroy();
      plot.current = create(target);
    };
    build();
    const resized = new ResizeObserver(() => {
      plot.current?.setSize({ width: Math.max(200, target.clientWidth), height });
    });
    resized.observe(target);
    dark.addEventListener('change', build);
    return () => {
      dark.removeEventListener('change', build);
      resized.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
  }, [describe, height, syncKey, theme]);

  useEffect(() => {
    plot.current?.setData(data, false);
    if (plot.current !== null) show(plot.current, range);
  }, [data, range]);

  return <div ref={place} className="plot" />;
}

function show(plot: uPlot, { fromMs, toMs }: Range): void {
  plot.setScale('x', { min: fromMs / 1000, max: toMs / 1000 });
}
