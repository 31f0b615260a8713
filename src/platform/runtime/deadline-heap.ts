/** Numbers by the time they are due: a binary heap that knows where each number stands, so that one can be moved. */
export interface DueQueue {
  /** Puts a number in, or moves it. */
  set: (number: number, dueMs: number) => void;
  /** A number that is not there is no error. */
  delete: (number: number) => void;
  /** Takes out everything due at `nowMs` or before, earliest first. What is not due yet is not looked at. */
  takeDue: (nowMs: number) => readonly number[];
  readonly size: number;
}

interface Item {
  readonly number: number;
  readonly dueMs: number;
}

export function createDueQueue(): DueQueue {
  /** No item is due later than the two at twice its place plus one and two. */
  const heap: Item[] = [];
  const places = new Map<number, number>();

  const put = (item: Item, place: number) => {
    heap[place] = item;
    places.set(item.number, place);
  };

  const rise = (item: Item, from: number): number => {
    let place = from;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || parent.dueMs <= item.dueMs) break;
      put(parent, place);
      place = above;
    }
    return place;
  };

  const sink = (item: Item, from: number): number => {
    for (let place = from; ;) {
      const [left, right] = [heap[2 * place + 1], heap[2 * place + 2]];
      const isRight = left !== undefined && right !== undefined && right.dueMs < left.dueMs;
      const child = isRight ? right : left;
      if (child === undefined || child.dueMs >= item.dueMs) return place;
      put(child, place);
      place = 2 * place + (isRight ? 2 : 1);
    }
  };

  const remove = (number: number) => {
    const place = places.get(number);
    if (place === undefined) return;
    places.delete(number);
    const last = heap.pop();
    if (last === undefined || last.number === number) return;
    put(last, sink(last, rise(last, place)));
  };

  return {
    set: (number, dueMs) => {
      remove(number);
      const item = { number, dueMs };
      heap.push(item);
      put(item, rise(item, heap.length - 1));
    },
    delete: remove,
    takeDue: (nowMs) => {
      const due: number[] = [];
      for (;;) {
        const [first] = heap;
        if (first === undefined || first.dueMs > nowMs) return due;
        remove(first.number);
        due.push(first.number);
      }
    },
    get size() {
      return heap.length;
    },
  };
}
