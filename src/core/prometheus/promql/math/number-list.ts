/** Numbers in a growing array of doubles: eight bytes each, outside of the heap, which may be small. */
export class NumberList {
  /** Numbers beyond `length` mean nothing. */
  numbers = new Float64Array(16);
  length = 0;

  push(number: number): void {
    if (this.length === this.numbers.length) {
      const larger = new Float64Array(2 * this.length);
      larger.set(this.numbers);
      this.numbers = larger;
    }
    this.numbers[this.length] = number;
    this.length += 1;
  }

  dropFirst(count: number): void {
    this.numbers.copyWithin(0, count, this.length);
    this.length -= count;
  }

  /** To be read before the next one is added. */
  toArray(): Float64Array {
    return this.numbers.subarray(0, this.length);
  }
}
