/** One name with its help, and a number for each set of labels. */
export interface Family {
  /** Without the prefix; a counter's ends with _total. */
  readonly name: string;
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly samples: readonly {
    /** What its name has behind the family's: _bucket, _sum and _count of a histogram. */
    readonly suffix?: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly value: number;
  }[];
}
