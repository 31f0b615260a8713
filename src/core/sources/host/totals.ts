/** Counts since the machine started; they only rise, until it is started again. */
export type Totals<Key extends string> = Readonly<Record<Key, number>>;
