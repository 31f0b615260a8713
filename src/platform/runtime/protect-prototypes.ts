/**
 * Nothing can be added any more to what every object inherits from: code that writes to an object by names from outside
 * reaches one of these through `__proto__` or `constructor.prototype`. They are not frozen: a frozen `toString` could not
 * be assigned on any object that inherits it, which Prisma and the AWS SDK do when they are loaded.
 */
export function protectPrototypes(): void {
  for (const prototype of [Object.prototype, Array.prototype, Function.prototype]) {
    Object.preventExtensions(prototype);
  }
}
