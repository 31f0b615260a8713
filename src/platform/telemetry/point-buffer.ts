/** Points waiting to be sent, oldest first. When it is full the oldest makes room: news is worth more than history. */
export interface PointBuffer<T> {
  readonly size: number;
  /** @returns how many had to go: 1 when it was full, else 0 */
  push(item: T): 0 | 1;
  /** Takes out the oldest, `most` of them or fewer. */
  take(most: number): readonly T[];
}

/** @param capacity at least 1; the memory is that of so many points */
export function createPointBuffer<T>(capacity: number): PointBuffer<T> {
  const slots: (T | undefined)[] = [];
  let first = 0;
  let size = 0;
  return {
    get size() {
      return size;
    },
    push: (item) => {
      slots[(first + size) % capacity] = item;
      if (size < capacity) {
        size += 1;
        return 0;
      }
      first = (first + 1) % capacity;
      return 1;
    },
    take: (most) => {
      const taken: T[] = [];
      for (; taken.length < most && size > 0; size -= 1) {
        const item = slots[first];
        slots[first] = undefined;
        first = (first + 1) % capacity;
        // Every place between first and first + size holds one.
        if (item !== undefined) taken.push(item);
      }
      return taken;
    },
  };
}
