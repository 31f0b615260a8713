/**
 * Variables that are not plainly right: graphql's own coercion takes those that are right all the same, such as a single
 * value in place of a list, and finds what is wrong with the others. It is stopped at MAX_REQUEST_ERRORS, and quotes no
 * more of a value than fits a message: each of a thousand unknown fields would print the whole object it is in.
 */
import { coerceInputValue, type GraphQLError } from 'graphql';
import { showValue } from '../../../platform/bounded-input/show-value.ts';
import { createRequestError, MAX_REQUEST_ERRORS } from '../request-error.ts';
import { createValues, type Variable, type Variables } from './prepare-variables.ts';

/** Thrown to end a coercion that has found enough. */
const ENOUGH = new Error('enough is wrong');

export function coerceOrExplain(
  variables: readonly Variable[],
  given: Variables,
  hideSuggestions: boolean,
): { readonly coerced: Variables } | { readonly errors: readonly GraphQLError[] } {
  const errors: GraphQLError[] = [];
  const coerced = createValues();
  try {
    for (const variable of variables) {
      const refuse = (message: string) => {
        errors.push(createRequestError('BAD_USER_INPUT', message, { nodes: variable.node }));
        if (errors.length >= MAX_REQUEST_ERRORS) throw ENOUGH;
      };
      coerceOne(variable, given, coerced, hideSuggestions, refuse);
    }
  } catch (error) {
    if (error !== ENOUGH) throw error;
  }
  return errors.length === 0 ? { coerced } : { errors };
}

function coerceOne(
  { name, type, fallback, isRequired }: Variable,
  given: Variables,
  coerced: Record<string, unknown>,
  hideSuggestions: boolean,
  refuse: (message: string) => void,
): void {
  if (!Object.hasOwn(given, name)) {
    if (fallback !== undefined) coerced[name] = fallback;
    else if (isRequired) refuse(`Variable "$${name}" of required type "${String(type)}" was not provided.`);
    return;
  }
  const value = given[name];
  const show = showOnce();
  if (value === null && isRequired) {
    refuse(`Variable "$${name}" of non-null type "${String(type)}" must not be null.`);
    return;
  }
  coerced[name] = coerceInputValue(
    value,
    type,
    (path, invalid, { message }) => {
      const place = path.length === 0 ? '' : ` at "${name}${path.map(showStep).join('')}"`;
      refuse(`Variable "$${name}" got invalid value ${show(invalid)}${place}; ${message}`);
    },
    hideSuggestions,
  );
}

function showStep(step: string | number): string {
  return typeof step === 'number' ? `[${step}]` : `.${step}`;
}

/** Each unknown field of an object is reported with the whole object: it is written once. */
function showOnce(): (value: unknown) => string {
  let last: { readonly value: unknown; readonly shown: string } | undefined;
  return (value) => {
    if (last === undefined || last.value !== value) last = { value, shown: showValue(value) };
    return last.shown;
  };
}
