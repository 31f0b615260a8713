/** Preloaded into a server under test: its wall clock jumps by as many milliseconds as the file CLOCK_FILE says. */
import { readFileSync, watchFile } from 'node:fs';

const file = process.env.CLOCK_FILE ?? '';
let shiftMs = 0;
watchFile(file, { interval: 100, persistent: false }, () => {
  shiftMs = Number(readFileSync(file, 'utf8'));
});

const RealDate = Date;
globalThis.Date = new Proxy(RealDate, {
  construct: (target, parts: [] | [number]) =>
    parts.length === 0 ? new target(RealDate.now() + shiftMs) : Reflect.construct(target, parts),
  get: (target, key): unknown => (key === 'now' ? () => RealDate.now() + shiftMs : Reflect.get(target, key)),
});
