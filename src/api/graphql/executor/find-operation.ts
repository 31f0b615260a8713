/** Which operation of a document is asked for. */
import { type DocumentNode, GraphQLError, Kind, type OperationDefinitionNode } from 'graphql';
import { showValue } from '../../../platform/bounded-input/show-value.ts';
import { createRequestError } from '../request-error.ts';

/** By name, or the only one. @returns the request error where that is none, or not one alone */
export function findOperation(
  document: DocumentNode,
  name: string | null,
): OperationDefinitionNode | GraphQLError {
  const operations = document.definitions.filter((d) => d.kind === Kind.OPERATION_DEFINITION);
  const found = name === null ? operations : operations.filter((operation) => operation.name?.value === name);
  const [first, second] = found;
  if (first !== undefined && second === undefined) return first;
  if (operations.length === 0) {
    return createRequestError(
      'OPERATION_RESOLUTION_FAILURE',
      'query: expected an operation in the document, found none',
      {
        isAlways: true,
      },
    );
  }
  const expected = `operationName: expected the name of one of the ${operations.length} operations`;
  return createRequestError(
    'OPERATION_RESOLUTION_FAILURE',
    name === null ? `${expected}, because there are several` : `${expected}, got ${showValue(name)}`,
    { isAlways: true },
  );
}
