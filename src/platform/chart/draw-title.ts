/** The title above a picture. */
import type { Theme } from './chart.ts';
import { drawText, fitText, PALETTES } from './svg.ts';

interface Titled {
  readonly title: string;
  readonly width: number;
  readonly height: number;
  readonly theme: Theme;
}

const SIZE = 16;
const LINE_HEIGHT = 28;
/** A lower picture has no room for one. */
const MIN_HEIGHT = 60;

/** Pixels it takes. */
export function measureTitle({ title, height }: Titled): number {
  return title === '' || height < MIN_HEIGHT ? 0 : LINE_HEIGHT;
}

export function drawTitle(picture: Titled): string {
  const { title, width, theme } = picture;
  if (measureTitle(picture) === 0) return '';
  const style = { size: SIZE, color: PALETTES[theme].ink, anchor: 'middle', weight: 'bold' } as const;
  return drawText(fitText(title, SIZE, width - SIZE), width / 2, 20, style);
}
