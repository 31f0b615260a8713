/**
 * Numbers of changes of incidents, notifications and the status of metrics. The database gives them as transactions commit, in the
 * order in which they become visible (the migration change_numbers says how), and each thing has the number of its last change.
 * So `change_number > N`, in order, is everything that changed since N was seen: without a gap, and across restarts.
 */
import type pg from 'pg';
import { CursorInvalidError } from '../../errors.ts';

const CURSOR = /^c1\.([0-9a-f]{1,64})\.(\d{1,18})$/;

export interface ChangesOptions {
  readonly pool: pg.Pool;
  /** Names the database; another one, or this one after its log began anew, has another. */
  readonly epoch: () => string;
}

export class Changes {
  readonly #options: ChangesOptions;

  constructor(options: ChangesOptions) {
    this.#options = options;
  }

  cursorOf(changeNumber: bigint): string {
    return `c1.${this.#options.epoch()}.${changeNumber}`;
  }

  /** The number of the newest change that is visible: every later one has a greater number. */
  async newest(): Promise<bigint> {
    return this.#readNumber(
      `SELECT greatest((SELECT max(change_number) FROM incident), (SELECT max(change_number) FROM notification),
         (SELECT max(change_number) FROM metric), 0)::text AS number`,
    );
  }

  /**
   * @returns the number a cursor stands for
   * @throws CursorInvalidError for what is no cursor of changes, of another database, or ahead of this one (as after the restore
   *   of an older copy)
   */
  async parse(cursor: string): Promise<bigint> {
    const [, epoch, number = ''] = CURSOR.exec(cursor) ?? [];
    const shown = JSON.stringify(cursor.slice(0, 100));
    if (epoch === undefined) {
      throw new CursorInvalidError(
        `after: expected a cursor of changes, as in \`changeCursor\`, got ${shown}`,
      );
    }
    if (epoch !== this.#options.epoch()) {
      throw new CursorInvalidError(
        `after: the cursor ${shown} belongs to another database, or to this one before a restore`,
      );
    }
    const last = await this.#readNumber(
      'SELECT (CASE WHEN is_called THEN last_value ELSE 0 END)::text AS number FROM change_number_seq',
    );
    if (BigInt(number) <= last) return BigInt(number);
    throw new CursorInvalidError(`after: the cursor ${shown} is ahead of the last change stored`);
  }

  async #readNumber(statement: string): Promise<bigint> {
    const { rows } = await this.#options.pool.query<{ number: string }>(statement);
    return BigInt(rows[0]?.number ?? 0);
  }
}
