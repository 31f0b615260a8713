/**
 * Parsing what comes from outside takes the event loop piece by piece: one piece in each of its rounds, of all senders together,
 * so that a hundred large bodies delay everybody else by one piece and not by a hundred. There is one queue because there
 * is one event loop; it holds nothing while nobody waits.
 */

/** A piece: some milliseconds of parsing, whatever the protocol. */
export const PIECE_BYTES = 64 * 1024;

const waiting: (() => void)[] = [];

/** Resolves in a round of the event loop in which no other piece is parsed, in the order of the calls. */
export function nextParseSlot(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    if (waiting.length === 1) setImmediate(giveSlot);
  });
}

function giveSlot(): void {
  waiting[0]?.();
  // The next one comes after the piece of this one, and after what has arrived meanwhile.
  setImmediate(() => {
    waiting.shift();
    if (waiting.length > 0) giveSlot();
  });
}
