/** What reading an autostack has to know of it. */

/** A stack as it stands. */
export interface Stack {
  readonly id: string;
  readonly name: string;
  readonly region: string;
  readonly resourceType: string;
  /** Ids of the resources in it. */
  readonly memberIds: readonly string[];
  /** When its members were last looked up; null while they never were. */
  readonly listedMs: number | null;
}
