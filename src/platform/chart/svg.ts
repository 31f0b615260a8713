/** Writes SVG: elements whose attributes and texts are escaped, and the size of a text. */
import type { Theme } from './chart.ts';

type Attributes = Readonly<Record<string, string | number | undefined>>;

/** Characters XML 1.0 cannot hold are left out. */
function escapeText(text: string): string {
  return text
    .replaceAll(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** @param children markup, as this function returns it */
export function element(name: string, attributes: Attributes, ...children: readonly string[]): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${typeof value === 'number' ? round(value) : escapeText(value ?? '')}"`)
    .join('');
  return children.length === 0 ? `<${name}${written}/>` : `<${name}${written}>${children.join('')}</${name}>`;
}

/** A tenth of a pixel is not seen. */
function round(value: number): number {
  return Math.round(value * 10) / 10;
}

export interface TextStyle {
  readonly size: number;
  readonly color: string;
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly weight?: 'normal' | 'bold';
  readonly transform?: string;
}

/** @param y of the baseline */
export function drawText(text: string, x: number, y: number, style: TextStyle): string {
  const { size, color, anchor = 'start', weight = 'normal', transform } = style;
  const attributes = { x, y, fill: color, 'font-size': size, 'font-weight': weight, transform };
  return element('text', { ...attributes, 'text-anchor': anchor }, escapeText(text));
}

/** Of a character of the font, as a part of its size: a little more than the mean, so that texts do not run over. */
const CHARACTER_WIDTH = 0.57;

/** Pixels a text takes, roughly. */
export function measureText(text: string, size: number): number {
  return text.length * size * CHARACTER_WIDTH;
}

/** Cuts what does not fit into `width` pixels. */
export function fitText(text: string, size: number, width: number): string {
  const most = Math.floor(width / (size * CHARACTER_WIDTH));
  if (text.length <= most) return text;
  return most < 2 ? '' : `${text.slice(0, most - 1)}…`;
}

export interface Palette {
  readonly background: string;
  readonly ink: string;
  readonly quiet: string;
  readonly grid: string;
}

export const PALETTES: Readonly<Record<Theme, Palette>> = {
  light: { background: '#ffffff', ink: '#16191f', quiet: '#545b64', grid: '#e3e6ea' },
  dark: { background: '#1a2029', ink: '#eaeded', quiet: '#aab7b8', grid: '#37414c' },
};

/** A whole picture. */
export function drawPicture(
  { width, height, theme }: { readonly width: number; readonly height: number; readonly theme: Theme },
  ...children: readonly string[]
): string {
  const namespace = { xmlns: 'http://www.w3.org/2000/svg', 'font-family': 'Open Sans' };
  const background = element('rect', { width, height, fill: PALETTES[theme].background });
  return element('svg', { ...namespace, width, height }, background, ...children);
}
