/** Bugs that the harness has to find: each is a change of the sources, made in a copy of them. */

export interface SeededBug {
  readonly name: string;
  readonly changes: readonly {
    /** Below src. */
    readonly file: string;
    /** Stands there exactly once. */
    readonly find: string;
    readonly replace: string;
  }[];
}

export const SEEDED_BUGS: readonly SeededBug[] = [];
