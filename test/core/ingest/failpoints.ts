/**
 * Places of the data path at which it fails for one metric: the metric whose name ends in the step's. What the database
 * does fails in the database, by triggers; what is done in memory fails in the detector, and what is read, at the pool.
 */
import { vi } from 'vitest';
import type { Engine } from '../../../src/app/build-core.ts';
import type { Detector } from '../../../src/detector/detector.ts';
import { DETECTOR_KINDS } from '../../../src/detector/detector-kinds.ts';
import type { ModelParams } from '../../../src/model.ts';

export interface Step {
  /** What the metric whose name ends in it fails at. */
  readonly name: string;
  /**
   * What becomes of the metric's points: none is stored; all are, without scores; or all are, with scores, and only its
   * model is not saved.
   */
  readonly becomes: 'REFUSED' | 'UNSCORED' | 'UNSAVED';
}

export const STEPS = {
  create: { name: 'create', becomes: 'REFUSED' },
  lookUp: { name: 'look_up', becomes: 'REFUSED' },
  readUnscored: { name: 'read_unscored', becomes: 'UNSCORED' },
  restore: { name: 'restore', becomes: 'UNSCORED' },
  replay: { name: 'replay', becomes: 'UNSCORED' },
  score: { name: 'score', becomes: 'UNSCORED' },
  snapshot: { name: 'snapshot', becomes: 'UNSAVED' },
  month: { name: 'month', becomes: 'REFUSED' },
  storeScores: { name: 'store_scores', becomes: 'UNSCORED' },
  storeSamples: { name: 'store_samples', becomes: 'REFUSED' },
  progress: { name: 'progress', becomes: 'REFUSED' },
  checkpoint: { name: 'checkpoint', becomes: 'UNSAVED' },
} as const satisfies Record<string, Step>;

/** A metric shows its detector who it is by its resolution alone. */
const MARKS: Readonly<Record<string, number>> = {
  replay: 1e-3,
  score: 2e-3,
  snapshot: 3e-3,
  restore: 4e-3,
};

/** What the metric of a step has to be monitored with. */
export function modelOf(step: string): ModelParams {
  const minResolution = MARKS[step];
  return { min: 0, max: 100, ...(minResolution === undefined ? {} : { minResolution }) };
}

/** The month no other metric of the tests writes to. */
export const VICTIM_MONTH_MS = Date.parse('1971-03-05T00:00:00Z');

const INSTALL = `
  CREATE FUNCTION fail_metric() RETURNS trigger LANGUAGE plpgsql AS $$
  DECLARE metric_name text;
  BEGIN
    SELECT name INTO metric_name FROM metric WHERE number = NEW.metric_number;
    IF right(metric_name, length(TG_ARGV[0]) + 1) <> '.' || TG_ARGV[0] THEN RETURN NEW; END IF;
    IF TG_ARGV[1] = 'scored' AND to_jsonb(NEW)->>'score' IS NULL THEN RETURN NEW; END IF;
    RAISE EXCEPTION 'failpoint %', TG_ARGV[0];
  END $$;
  CREATE FUNCTION fail_row() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN RAISE EXCEPTION 'failpoint %', TG_ARGV[0]; END $$;
  CREATE TRIGGER failpoint_create BEFORE INSERT ON metric FOR EACH ROW
    WHEN (NEW.name LIKE '%.create') EXECUTE FUNCTION fail_row('create');
  CREATE TRIGGER failpoint_month BEFORE INSERT ON sample_month FOR EACH ROW
    WHEN (NEW.month < '1990-01-01') EXECUTE FUNCTION fail_row('month');
  CREATE TRIGGER failpoint_scores BEFORE INSERT OR UPDATE ON sample FOR EACH ROW
    EXECUTE FUNCTION fail_metric('store_scores', 'scored');
  CREATE TRIGGER failpoint_samples BEFORE INSERT ON sample FOR EACH ROW
    EXECUTE FUNCTION fail_metric('store_samples', '');
  CREATE TRIGGER failpoint_progress BEFORE UPDATE ON metric_progress FOR EACH ROW
    EXECUTE FUNCTION fail_metric('progress', '');
  CREATE TRIGGER failpoint_checkpoint BEFORE INSERT OR UPDATE ON model_checkpoint FOR EACH ROW
    EXECUTE FUNCTION fail_metric('checkpoint', '');`;

const REMOVE = [
  'DROP TRIGGER failpoint_create ON metric',
  'DROP TRIGGER failpoint_month ON sample_month',
  'DROP TRIGGER failpoint_scores ON sample',
  'DROP TRIGGER failpoint_samples ON sample',
  'DROP TRIGGER failpoint_progress ON metric_progress',
  'DROP TRIGGER failpoint_checkpoint ON model_checkpoint',
  'DROP FUNCTION fail_metric',
  'DROP FUNCTION fail_row',
];

/** Statements that fail when they are about the metric of a step. */
const READS: Readonly<Record<string, RegExp>> = {
  look_up: /AS given \(number, at_ms, month_ms\)/,
  read_unscored: /AS wanted \(number, after_ms, up_to_ms\)/,
};

export class Failpoints {
  readonly #engine: Engine;
  #armed = false;

  /** Before metrics get models: only detectors that are made from then on can fail. */
  constructor(engine: Engine) {
    this.#engine = engine;
    this.#breakDetectors();
    this.#breakReads();
  }

  async arm(): Promise<void> {
    const { registry, models } = this.#engine;
    const cold = [...registry.all()].filter(({ name }) => /\.(?:restore|replay)$/.test(name));
    models.discard(cold.map(({ number }) => number));
    await this.#execute(INSTALL.split(/;\n\s*(?=CREATE )/));
    this.#armed = true;
  }

  async disarm(): Promise<void> {
    this.#armed = false;
    await this.#execute(REMOVE);
  }

  /** One transaction each: one that locked several tables could deadlock with what the server does meanwhile. */
  async #execute(statements: readonly string[]): Promise<void> {
    for (const statement of statements) await this.#engine.pool.query(statement);
  }

  #breakDetectors(): void {
    const [kind] = DETECTOR_KINDS;
    const create = kind.create.bind(kind);
    const restore = kind.restore.bind(kind);
    vi.spyOn(kind, 'create').mockImplementation((params) => {
      this.#fail(params, 'restore');
      return this.#wrap(create(params), params);
    });
    vi.spyOn(kind, 'restore').mockImplementation((bytes, params) => {
      this.#fail(params, 'restore');
      const detector = restore(bytes, params);
      return detector === null ? null : this.#wrap(detector, params);
    });
  }

  #fail({ minResolution }: ModelParams, ...steps: readonly string[]): void {
    const step = steps.find((name) => MARKS[name] === minResolution);
    if (this.#armed && step !== undefined) throw new Error(`failpoint ${step}`);
  }

  #wrap(detector: Detector, params: ModelParams): Detector {
    return {
      update: (timestampMs, value) => {
        this.#fail(params, 'replay', 'score');
        return detector.update(timestampMs, value);
      },
      explain: () => detector.explain(),
      get rows() {
        return detector.rows;
      },
      snapshot: () => {
        this.#fail(params, 'snapshot');
        return detector.snapshot();
      },
    };
  }

  #breakReads(): void {
    const { pool, registry } = this.#engine;
    const query = pool.query.bind(pool) as (...args: readonly unknown[]) => unknown;
    const isAbout = (values: unknown, step: string) =>
      Array.isArray(values) &&
      Array.isArray(values[0]) &&
      values[0].some((number) => registry.byNumber(Number(number))?.name.endsWith(`.${step}`) === true);
    vi.spyOn(pool, 'query').mockImplementation((...args: readonly unknown[]) => {
      const [sql, values] = args;
      const step = Object.entries(READS).find(
        ([, pattern]) => typeof sql === 'string' && pattern.test(sql),
      )?.[0];
      if (this.#armed && step !== undefined && isAbout(values, step)) {
        return Promise.reject(new Error(`failpoint ${step}`));
      }
      return query(...args);
    });
  }
}
