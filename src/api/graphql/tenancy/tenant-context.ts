/**
 * The server as a key of one account sees it. Resolvers are given these parts in place of the real ones and need not
 * think of accounts: what is not the account's is not there. Every part is named here, so that who adds one has to
 * say what strangers see of it.
 */
import { tenantPool } from '../../../core/access/tenant-pool.ts';
import { tenantPrisma } from '../../../core/access/tenant-prisma.ts';
import { listMonitored } from '../../../core/transfer/transfer.ts';
import { NotFoundError, NotSupportedError } from '../../../errors.ts';
import { DEFAULT_ACCOUNT } from '../../../model.ts';
import type { ApiParts } from '../builder/context.ts';
import { tenantIncidents } from './tenant-incidents.ts';
import { tenantMonitor } from './tenant-monitor.ts';
import { tenantPolicies } from './tenant-policies.ts';
import { tenantRegistry } from './tenant-registry.ts';

function tenantScoreFeed(live: ApiParts['live'], accountId: number): ApiParts['live'] {
  return {
    awaitCursor: (after) => live.awaitCursor(after),
    subscribe: (options) => live.subscribe({ ...options, filter: { ...options.filter, accountId } }),
    readPage: (options) => live.readPage({ ...options, filter: { ...options.filter, accountId } }),
    cursorOf: (seq) => live.cursorOf(seq),
    head: () => live.head(),
    bounds: () => live.bounds(),
    subscriberCount: () => live.subscriberCount(),
  };
}

export function tenantParts(parts: ApiParts, accountId: number): ApiParts {
  const registry = tenantRegistry(parts.registry, accountId);
  const prisma = tenantPrisma(parts.prisma, accountId);
  const monitor = tenantMonitor(parts.monitor, registry, accountId);
  const isDefault = accountId === DEFAULT_ACCOUNT;
  const requireMetric = (id: string) => requireKnown(registry, id);
  return {
    pool: tenantPool(parts.pool, accountId),
    prisma,
    registry,
    monitor,
    accept: {
      acceptNamed: (points) => parts.accept.acceptNamed(points, accountId),
    },
    transfer: tenantTransfer(parts.transfer, registry, accountId),
    annotations: tenantAnnotations(parts.annotations, prisma, accountId),
    labels: tenantLabels(parts.labels, prisma, requireMetric),
    saveProgress: parts.saveProgress,
    live: tenantScoreFeed(parts.live, accountId),
    downloadLinks: tenantDownloadLinks(parts.downloadLinks, accountId),
    panelLinks: tenantPanelLinks(parts.panelLinks, prisma, requireMetric),
    archiveUploads: {
      upload: async (what, url) => {
        requireMetric(what.metricId);
        return parts.archiveUploads.upload(what, url);
      },
    },
    incidents: tenantIncidents(parts.incidents, prisma, accountId),
    // What the server reads with its own credentials is the default account's.
    inventory: isDefault ? parts.inventory : { ensure: refuse, ageOf: () => UNKNOWN_AGE },
    autostacks: isDefault
      ? parts.autostacks
      : {
          previewAutostack: refuse,
          createAutostack: refuse,
          updateAutostack: refuse,
          deleteAutostack: refuse,
          ensureAutostack: refuse,
        },
    cloudwatch: isDefault
      ? parts.cloudwatch
      : { ...parts.cloudwatch, findFirstAccount: refuse, actAsFirst: refuse },
    policies: tenantPolicies(parts.policies, prisma, accountId),
    // What these show is of the server as a whole, and of no metric.
    awsRegions: parts.awsRegions,
    bars: parts.bars,
    // It gives ids alone; who may not see a metric does not find it by its id.
    statusFeed: parts.statusFeed,
    // Numbers alone; the things that have them are read with the account's own client.
    changes: parts.changes,
    sources: parts.sources,
    stats: parts.stats,
    quota: parts.quota,
    readLicense: parts.readLicense,
    flushPeriod: parts.flushPeriod,
    keys: parts.keys,
    listMembers: parts.listMembers,
    facts: parts.facts,
    log: parts.log,
  };
}

/** @throws NotFoundError */
function requireKnown(registry: ApiParts['registry'], metricId: string): void {
  if (registry.byId(metricId) === undefined) throw new NotFoundError(`no metric has the id ${metricId}`);
}

function tenantTransfer(
  transfer: ApiParts['transfer'],
  registry: ApiParts['registry'],
  accountId: number,
): ApiParts['transfer'] {
  return {
    exportModels: (ids, sinceMs, maxSamples) => {
      ids?.forEach((id) => requireKnown(registry, id));
      return transfer.exportModels(ids ?? listMonitored(registry), sinceMs, maxSamples);
    },
    writeModel: (metric) => transfer.writeModel(metric),
    importModel: (model) => transfer.importModel(model, accountId),
  };
}

function tenantAnnotations(
  annotations: ApiParts['annotations'],
  prisma: ApiParts['prisma'],
  accountId: number,
): ApiParts['annotations'] {
  return {
    createAnnotation: (annotation) => annotations.createAnnotation({ ...annotation, accountId }),
    deleteAnnotation: async (id) => {
      if ((await prisma.annotation.count({ where: { id } })) === 0) {
        throw new NotFoundError(`input.id: no annotation has the id ${id}`);
      }
      return annotations.deleteAnnotation(id);
    },
  };
}

function tenantLabels(
  labels: ApiParts['labels'],
  prisma: ApiParts['prisma'],
  requireMetric: (id: string) => void,
): ApiParts['labels'] {
  return {
    labelAnomaly: async (label) => {
      requireMetric(label.metricId);
      return labels.labelAnomaly(label);
    },
    labelIncident: async (label) => {
      requireMetric(label.metricId);
      return labels.labelIncident(label);
    },
    previewAdjustment: async (label) => {
      requireMetric(label.metricId);
      return labels.previewAdjustment(label);
    },
    deleteLabel: async (id) => {
      if ((await prisma.anomalyLabel.count({ where: { id } })) === 0) {
        throw new NotFoundError(`no label has the id ${id}`);
      }
      return labels.deleteLabel(id);
    },
    // Of a metric that the caller was given.
    thresholdAdjustmentOf: (metricId, point, atMs) => labels.thresholdAdjustmentOf(metricId, point, atMs),
  };
}

function tenantPanelLinks(
  links: ApiParts['panelLinks'],
  prisma: ApiParts['prisma'],
  requireMetric: (id: string) => void,
): ApiParts['panelLinks'] {
  return {
    create: async (link, caller) => {
      requireMetric(link.metricId);
      return links.create(link, caller);
    },
    revoke: async (id) => {
      if ((await prisma.panelLink.count({ where: { id } })) > 0) return links.revoke(id);
      throw new NotFoundError(`input.id: no panel link has the id PanelLink:${id}`);
    },
    // Of a link that the caller was given.
    stateOf: (link, ofAccount) => links.stateOf(link, ofAccount),
    tokenOf: (id) => links.tokenOf(id),
  };
}

function tenantDownloadLinks(links: ApiParts['downloadLinks'], accountId: number): ApiParts['downloadLinks'] {
  return {
    ...links,
    sign: (what, caller) =>
      links.sign(what.kind === 'samples' ? { ...what, filter: { ...what.filter, accountId } } : what, caller),
  };
}

const UNKNOWN_AGE = { refreshedMs: null, problem: null, typesListedMs: {} } as const;

function refuse(): Promise<never> {
  return Promise.reject(
    new NotSupportedError('what is read with the credentials of the server belongs to the default account'),
  );
}
