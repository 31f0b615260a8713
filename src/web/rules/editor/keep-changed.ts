/** The fields that differ from what was read: what somebody else changed of the others meanwhile stays. */
export function keepChanged<Input extends object>(before: Input, after: Input): Partial<Input> {
  const known = new Map<string, unknown>(Object.entries(before));
  const isChanged = ([name, value]: readonly [string, unknown]) =>
    JSON.stringify(value) !== JSON.stringify(known.get(name));
  // The entries are some of those of `after`.
  return Object.fromEntries(Object.entries(after).filter(isChanged)) as Partial<Input>;
}
