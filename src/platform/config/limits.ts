/** How much one request may ask for. A refusal names the variable of its limit. */
import { onOff, origins, setting, text, wholeNumber, type Setting } from './setting.ts';

export const LIMIT_SETTINGS = {
  maxBodyBytes: setting(
    'LAPWING_MAX_BODY_BYTES',
    'Maximum size of the body of a GraphQL request, in bytes.',
    wholeNumber(1_000, 100_000_000),
    '1000000',
  ),
  maxDocumentBytes: setting(
    'LAPWING_MAX_DOCUMENT_BYTES',
    'Most bytes of a GraphQL document; values belong in variables.',
    wholeNumber(1_000, 10_000_000),
    '200000',
  ),
  maxTokens: setting(
    'LAPWING_MAX_TOKENS',
    'Most words and signs of a GraphQL document.',
    wholeNumber(100, 1_000_000),
    '30000',
  ),
  maxDepth: setting(
    'LAPWING_MAX_DEPTH',
    'Most levels of fields within fields; introspection has a limit of its own.',
    wholeNumber(1, 100),
    '15',
  ),
  maxFields: setting(
    'LAPWING_MAX_FIELDS',
    'Most fields of a GraphQL document, those of a fragment counted wherever it is spread.',
    wholeNumber(10, 100_000),
    '1000',
  ),
  maxFieldPairs: setting(
    'LAPWING_MAX_FIELD_PAIRS',
    'Most pairs of fields of one name in one place, which validation compares with each other.',
    wholeNumber(100, 10_000_000),
    '10000',
  ),
  maxAliases: setting(
    'LAPWING_MAX_ALIASES',
    'Most aliases of a GraphQL document, counted like fields.',
    wholeNumber(0, 100_000),
    '100',
  ),
  maxRootFields: setting(
    'LAPWING_MAX_ROOT_FIELDS',
    'Most queries or mutations in one GraphQL operation.',
    wholeNumber(1, 10_000),
    '25',
  ),
  maxDirectives: setting(
    'LAPWING_MAX_DIRECTIVES',
    'Most directives of a GraphQL document, counted like fields.',
    wholeNumber(0, 10_000),
    '50',
  ),
  maxCost: setting(
    'LAPWING_MAX_COST',
    'Most things one GraphQL operation may make the server read, by its page sizes: docs/limits.md.',
    wholeNumber(10, 1_000_000_000),
    '50000',
  ),
  maxPageRows: setting(
    'LAPWING_MAX_PAGE_ROWS',
    'Most rows a page may be asked for; some lists allow fewer.',
    wholeNumber(1, 5_000),
    '5000',
  ),
  maxBatchItems: setting(
    'LAPWING_MAX_BATCH_ITEMS',
    'Maximum number of items of a list in the variables, such as points; some lists allow fewer.',
    wholeNumber(1, 10_000),
    '10000',
  ),
  maxOperations: setting(
    'LAPWING_MAX_OPERATIONS',
    'Most operations at once on one WebSocket.',
    wholeNumber(1, 100_000),
    '50',
  ),
  maxConnections: setting(
    'LAPWING_MAX_CONNECTIONS',
    'Most WebSockets and event streams at once of one API key; of one address where it has no key.',
    wholeNumber(1, 100_000),
    '2000',
  ),
  maxOperationsPerSecond: setting(
    'LAPWING_MAX_OPERATIONS_PER_SECOND',
    'Most GraphQL operations a second of one API key or address, on average; five times as many at once.',
    wholeNumber(1, 1_000_000),
    '2000',
  ),
  operationSeconds: setting(
    'LAPWING_OPERATION_SECONDS',
    'Seconds a query or mutation may take; one statement to the database never has more than 15.',
    wholeNumber(1, 3_600),
    '60',
  ),
  introspection: setting(
    'LAPWING_INTROSPECTION',
    'Whether the schema may be asked for; off, error messages suggest no names either: on or off.',
    onOff,
    'on',
  ),
  corsOrigins: setting(
    'LAPWING_CORS_ORIGINS',
    'Origins whose pages may use GraphQL from a browser, with commas between; none when unset.',
    origins,
  ),
  trustedDocuments: setting(
    'LAPWING_TRUSTED_DOCUMENTS',
    'A JSON file of GraphQL documents by hash: clients send the hash, and nothing else is run.',
    text,
  ),
  trustedDocumentsOnly: setting(
    'LAPWING_TRUSTED_DOCUMENTS_ONLY',
    'Whether nothing but the trusted documents is run; GraphiQL is off then: on or off.',
    onOff,
    'on',
  ),
} as const satisfies Record<string, Setting<unknown>>;
