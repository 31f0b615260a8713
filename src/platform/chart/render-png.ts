/** Makes a PNG of an SVG, in a thread of its own and without fonts of the machine. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import { createLimit } from '../runtime/concurrency-limit.ts';

/** The picture was not made; the message says why. */
export class RenderError extends Error {
  override readonly name = 'RenderError';
  /** BUSY: too many pictures wait. TIMEOUT: it takes too long. FAILED: the renderer gave up. */
  readonly reason: 'BUSY' | 'TIMEOUT' | 'FAILED';
  constructor(reason: RenderError['reason'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

const { resolve } = createRequire(import.meta.url);
const BINARY = resolve('@resvg/resvg-wasm/index_bg.wasm');
const FILES = {
  renderer: resolve('@resvg/resvg-wasm'),
  fonts: ['Regular', 'Bold'].map((weight) =>
    resolve(`open-sans-fonts/open-sans/${weight}/OpenSans-${weight}.ttf`),
  ),
};

/** JavaScript as it is run: a worker is not handed TypeScript, whatever compiles its parent. */
const WORKER = `
const { readFileSync } = require('node:fs');
const { parentPort, workerData: { svg, renderer, program, fonts } } = require('node:worker_threads');
const { initWasm, Resvg } = require(renderer);
initWasm(program).then(() => {
  const font = { fontBuffers: fonts.map((file) => readFileSync(file)), defaultFontFamily: 'Open Sans' };
  parentPort.postMessage(new Resvg(svg, { font }).render().asPng());
});
`;

const MAX_AT_ONCE = 2;
const MAX_PENDING = 20;
const MAX_MEGABYTES = 256;
const DEFAULT_MAX_MS = 10_000;

export interface PngRendererOptions {
  /** A picture that takes longer, without the time it waits for others, is given up. */
  readonly maxMs?: number;
}

/**
 * Each picture has a worker of its own, which ends with it: what the renderer does wrong, or how long it takes, costs
 * that picture only. A native renderer is faster, but ends the whole process where it fails.
 */
export class PngRenderer {
  readonly #limit = createLimit(MAX_AT_ONCE);
  readonly #maxMs: number;
  #pending = 0;
  #program: Promise<WebAssembly.Module> | null = null;

  constructor({ maxMs = DEFAULT_MAX_MS }: PngRendererOptions = {}) {
    this.#maxMs = maxMs;
  }

  /**
   * @param svg texts in it are drawn in Open Sans: Latin, Greek and Cyrillic
   * @throws RenderError
   */
  async render(svg: string): Promise<Buffer> {
    if (this.#pending >= MAX_PENDING) {
      throw new RenderError('BUSY', `${MAX_PENDING} pictures are being drawn, the most at a time.`);
    }
    this.#pending += 1;
    try {
      return await this.#limit.run(() => this.#work(svg));
    } finally {
      this.#pending -= 1;
    }
  }

  /** Compiled with the first picture, for all of them. */
  #compile(): Promise<WebAssembly.Module> {
    this.#program ??= readFile(BINARY).then((bytes) => WebAssembly.compile(bytes));
    return this.#program;
  }

  async #work(svg: string): Promise<Buffer> {
    const program = await this.#compile();
    const worker = new Worker(WORKER, {
      eval: true,
      workerData: { svg, program, ...FILES },
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: MAX_MEGABYTES },
    });
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<Buffer>((done, fail) => {
        const giveUp = () =>
          fail(new RenderError('TIMEOUT', `It took longer than ${this.#maxMs / 1000} s to draw.`));
        timer = setTimeout(giveUp, this.#maxMs);
        worker.once('message', (png: Uint8Array) => done(Buffer.from(png)));
        worker.once('error', (cause) =>
          fail(new RenderError('FAILED', 'The picture could not be drawn.', { cause })),
        );
        worker.once('exit', () => fail(new RenderError('FAILED', 'The renderer ended without a picture.')));
      });
    } finally {
      clearTimeout(timer);
      await worker.terminate();
    }
  }
}
