/** How much one request may ask for. A refusal names the variable of its limit. */
import { onOff, origins, setting, text, wholeNumber, type Setting } from './setting.ts';

export const LIMIT_SETTINGS = {
  maxBodyBytes: setting('LAPWING_MAX_BODY_BYTES', wholeNumber(1_000, 100_000_000), '1000000').about(
    'Maximum size of the body of a GraphQL request, in bytes.',
  ),
  maxDocumentBytes: setting('LAPWING_MAX_DOCUMENT_BYTES', wholeNumber(1_000, 10_000_000), '200000').about(
    'Most bytes of a GraphQL document; values belong in variables.',
  ),
  maxTokens: setting('LAPWING_MAX_TOKENS', wholeNumber(100, 1_000_000), '30000').about(
    'Most words and signs of a GraphQL document.',
  ),
  maxDepth: setting('LAPWING_MAX_DEPTH', wholeNumber(1, 100), '15').about(
    'Most levels of fields within fields; introspection has a limit of its own.',
  ),
  maxFields: setting('LAPWING_MAX_FIELDS', wholeNumber(10, 100_000), '1000').about(
    'Most fields of a GraphQL document, those of a fragment counted wherever it is spread.',
  ),
  maxFieldPairs: setting('LAPWING_MAX_FIELD_PAIRS', wholeNumber(100, 10_000_000), '10000').about(
    'Most pairs of fields of one name in one place, which validation compares with each other.',
  ),
  maxAliases: setting('LAPWING_MAX_ALIASES', wholeNumber(0, 100_000), '100').about(
    'Most aliases of a GraphQL document, counted like fields.',
  ),
  maxRootFields: setting('LAPWING_MAX_ROOT_FIELDS', wholeNumber(1, 10_000), '25').about(
    'Most queries or mutations in one GraphQL operation.',
  ),
  maxDirectives: setting('LAPWING_MAX_DIRECTIVES', wholeNumber(0, 10_000), '50').about(
    'Most directives of a GraphQL document, counted like fields.',
  ),
  maxCost: setting('LAPWING_MAX_COST', wholeNumber(10, 1_000_000_000), '50000').about(
    'Most things one GraphQL operation may make the server read, by its page sizes: docs/limits.md.',
  ),
  maxPageRows: setting('LAPWING_MAX_PAGE_ROWS', wholeNumber(1, 5_000), '5000').about(
    'Most rows a page may be asked for; some lists allow fewer.',
  ),
  maxBatchItems: setting('LAPWING_MAX_BATCH_ITEMS', wholeNumber(1, 10_000), '10000').about(
    'Maximum number of items of a list in the variables, such as points; some lists allow fewer.',
  ),
  maxOperations: setting('LAPWING_MAX_OPERATIONS', wholeNumber(1, 100_000), '50').about(
    'Most operations at once on one WebSocket, or in one request as a list.',
  ),
  maxConnections: setting('LAPWING_MAX_CONNECTIONS', wholeNumber(1, 100_000), '2000').about(
    'Most WebSockets and event streams at once of one API key; of one address where it has no key.',
  ),
  maxOperationsPerSecond: setting(
    'LAPWING_MAX_OPERATIONS_PER_SECOND',
    wholeNumber(1, 1_000_000),
    '2000',
  ).about(
    'Most GraphQL operations a second of one API key or address, on average; five times as many at once.',
  ),
  operationSeconds: setting('LAPWING_OPERATION_SECONDS', wholeNumber(1, 3_600), '60').about(
    'Seconds a query or mutation may take; one statement to the database never has more than 15.',
  ),
  introspection: setting('LAPWING_INTROSPECTION', onOff, 'on').about(
    'Whether the schema may be asked for; off, error messages suggest no names either: on or off.',
  ),
  corsOrigins: setting('LAPWING_CORS_ORIGINS', origins).about(
    'Origins whose pages may use GraphQL from a browser, with commas between, e.g. https://ops.example.com, or capacitor://localhost of an app; none when unset.',
  ),
  trustedDocuments: setting('LAPWING_TRUSTED_DOCUMENTS', text).about(
    'A JSON file of GraphQL documents by hash: clients send the hash, and nothing else is run.',
  ),
  trustedDocumentsOnly: setting('LAPWING_TRUSTED_DOCUMENTS_ONLY', onOff, 'on').about(
    'Whether nothing but the trusted documents is run; GraphiQL is off then: on or off.',
  ),
} as const satisfies Record<string, Setting<unknown>>;
