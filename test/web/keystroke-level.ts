/**
 * How long somebody who knows the way takes, by the Keystroke-Level Model of Card, Moran and Newell (1980): the sum of what the
 * hands and the head do. What the server and the page take is not in it.
 */

const SECONDS = {
  /** A key, for an average typist who is no secretary: 40 words a minute. */
  K: 0.28,
  /** Pointing at something with the mouse. */
  P: 1.1,
  /** A mouse button pressed, or let go. */
  B: 0.1,
  /** A hand from the mouse to the keyboard, or back. */
  H: 0.4,
  /** Thinking of what comes next. */
  M: 1.35,
} as const;
type Operator = keyof typeof SECONDS;

const CLICK: readonly Operator[] = ['P', 'B', 'B'];

/** One thing done with the mouse: clicks, and then keys. */
export interface Act {
  readonly clicks: number;
  /** Those that are held with another count, too. */
  readonly keys: number;
}

/** Hands are on the mouse at first. An act without a click goes on with the one before: nobody thinks between. */
export function timeMouse(acts: readonly Act[]): number {
  const operators: Operator[] = [];
  let isOnMouse = true;
  const reach = (mouse: boolean) => {
    if (isOnMouse !== mouse) operators.push('H');
    isOnMouse = mouse;
  };
  for (const { clicks, keys } of acts) {
    if (clicks > 0) {
      operators.push('M');
      reach(true);
    }
    for (let click = 0; click < clicks; click++) operators.push(...CLICK);
    if (keys > 0) reach(false);
    for (let key = 0; key < keys; key++) operators.push('K');
  }
  return sum(operators);
}

/**
 * @param acts things done: Tabs to something are one with what is done there
 * @param keys all of them, those that are held with another, too
 */
export function timeKeyboard(acts: number, keys: number): number {
  return sum([...Array<Operator>(acts).fill('M'), ...Array<Operator>(keys).fill('K')]);
}

function sum(operators: readonly Operator[]): number {
  return operators.reduce((seconds, operator) => seconds + SECONDS[operator], 0);
}
