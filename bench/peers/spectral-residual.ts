/** Spectral residual (Ren et al. 2019): saliency of the newest of the last 64 values over the mean of the others. */
import type { Peer } from './peer.ts';

const SIZE = 64;
const COS = Float64Array.from({ length: SIZE }, (_, i) => Math.cos((2 * Math.PI * i) / SIZE));
const SIN = Float64Array.from({ length: SIZE }, (_, i) => Math.sin((2 * Math.PI * i) / SIZE));

interface Spectrum {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

function transform({ re, im }: Spectrum, sign: 1 | -1): Spectrum {
  const out = { re: new Float64Array(SIZE), im: new Float64Array(SIZE) };
  for (let k = 0; k < SIZE; k++) {
    let a = 0;
    let b = 0;
    for (let n = 0; n < SIZE; n++) {
      const cos = COS[(k * n) % SIZE] ?? 0;
      const sin = sign * (SIN[(k * n) % SIZE] ?? 0);
      a += (re[n] ?? 0) * cos - (im[n] ?? 0) * sin;
      b += (re[n] ?? 0) * sin + (im[n] ?? 0) * cos;
    }
    out.re[k] = a;
    out.im[k] = b;
  }
  return out;
}

/** The amplitudes' logarithms less their mean over three neighbours, with the phases kept. */
function subtractAverage({ re, im }: Spectrum): Spectrum {
  const logs = re.map((a, k) => Math.log(Math.hypot(a, im[k] ?? 0) + 1e-8));
  const out = { re: new Float64Array(SIZE), im: new Float64Array(SIZE) };
  for (let k = 0; k < SIZE; k++) {
    const near = (logs[(k + SIZE - 1) % SIZE] ?? 0) + (logs[k] ?? 0) + (logs[(k + 1) % SIZE] ?? 0);
    const amplitude = Math.exp((logs[k] ?? 0) - near / 3);
    const phase = Math.atan2(im[k] ?? 0, re[k] ?? 0);
    out.re[k] = amplitude * Math.cos(phase);
    out.im[k] = amplitude * Math.sin(phase);
  }
  return out;
}

export function createSpectralResidual(): Peer {
  const window = new Float64Array(SIZE);
  let rows = 0;
  return (_, value) => {
    window.copyWithin(0, 1);
    window[SIZE - 1] = value;
    rows += 1;
    if (rows < SIZE) return 0;
    const residual = subtractAverage(transform({ re: window, im: new Float64Array(SIZE) }, -1));
    const back = transform(residual, 1);
    const saliency = back.re.map((a, k) => Math.hypot(a, back.im[k] ?? 0));
    const mean = saliency.subarray(0, SIZE - 1).reduce((sum, v) => sum + v, 0) / (SIZE - 1);
    return mean > 0 ? Math.max(0, (saliency[SIZE - 1] ?? 0) / mean - 1) : 0;
  };
}
