/**
 * Links that show one metric to anybody who has them, for a wiki or a status page. A link lives while its maker could make
 * it: it ends when it is revoked or expires, with its metric, with the API key that made it, and when the user who made it
 * loses the right or was not confirmed by the provider for long. A session that ends by time ends none.
 */
import type pg from 'pg';
import { InvalidInputError } from '../../../errors.ts';
import type { PanelLink, PrismaClient } from '../../../generated/prisma/client.ts';
import type { Log } from '../../../log.ts';
import type { Caller } from '../caller.ts';
import type { Keys } from '../keys.ts';
import type { Users } from '../login/user-store.ts';
import { includesScope } from '../scope.ts';
import { insertPanelLink, readPanels, revokePanelLink, type StoredPanel } from './panel-link-store.ts';
import { createPanelTokens, type PanelTokens } from './panel-token.ts';

export type PanelLinkState = 'ACTIVE' | 'EXPIRED' | 'REVOKED' | 'CREATOR_REVOKED';
/** Why a link shows nothing. GONE: with its metric, or long after it ended. */
export type PanelProblem = Exclude<PanelLinkState, 'ACTIVE'> | 'FORGED' | 'GONE';

export interface NewPanelLink {
  /** Uuid of a metric the caller may see. */
  readonly metricId: string;
  readonly hours: number;
  readonly theme: PanelLink['theme'];
  /** Null for never. */
  readonly expiresAt: Date | null;
}

export const MIN_PANEL_HOURS = 1;
export const MAX_PANEL_HOURS = 336;
/** Open panels are looked at so often. */
const LOOK_INTERVAL_MS = 500;

interface PanelLinksOptions {
  readonly pool: pg.Pool;
  readonly prisma: PrismaClient;
  /** 32 bytes that no other purpose has. */
  readonly key: Uint8Array;
  readonly keys: Pick<Keys, 'isStill' | 'markOf'>;
  /** Null where nobody signs in. */
  readonly users: Pick<Users, 'issuer' | 'roleOf'> | null;
  readonly log: Log;
}

export class PanelLinks {
  readonly #options: PanelLinksOptions;
  readonly #tokens: PanelTokens;
  readonly #watchers = new Set<{ readonly id: string; readonly onLost: (why: PanelProblem) => void }>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: PanelLinksOptions) {
    this.#options = options;
    this.#tokens = createPanelTokens(options.key);
  }

  /** @throws InvalidInputError, NotFoundError, QuotaExceededError */
  create(wanted: NewPanelLink, caller: Caller): Promise<PanelLink> {
    checkLink(wanted);
    const { user, keyId, name } = caller;
    const maker = {
      createdBy: name,
      keyId: keyId === null ? null : this.#writeKey(keyId),
      userIssuer: user === null ? null : (this.#options.users?.issuer ?? null),
      userSubject: user?.subject ?? null,
    };
    return insertPanelLink(this.#options.prisma, { ...wanted, ...maker }, new Date());
  }

  /** Panels that show it end within a second. @throws NotFoundError */
  revoke(id: string): Promise<PanelLink> {
    return revokePanelLink(this.#options.prisma, id, new Date());
  }

  tokenOf(id: string): string {
    return this.#tokens.sign(id);
  }

  /** @param accountId of its metric */
  stateOf(link: Omit<StoredPanel, 'accountId'>, accountId: number): PanelLinkState {
    if (link.revokedAt !== null) return 'REVOKED';
    if (link.expiresAt !== null && link.expiresAt.getTime() <= Date.now()) return 'EXPIRED';
    return this.#mayMake(link, accountId) ? 'ACTIVE' : 'CREATOR_REVOKED';
  }

  /** @returns what it shows, or why it shows nothing */
  async open(token: string): Promise<StoredPanel | PanelProblem> {
    const id = this.#tokens.open(token);
    if (id === null) return 'FORGED';
    const [panel] = await readPanels(this.#options.pool, [id]);
    return this.#findProblem(panel) ?? panel ?? 'GONE';
  }

  /** Calls back once, within a second after the link ended. @returns what ends the watch */
  watch(id: string, onLost: (why: PanelProblem) => void): () => void {
    const watcher = { id, onLost };
    this.#watchers.add(watcher);
    this.#schedule();
    return () => void this.#watchers.delete(watcher);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#watchers.clear();
  }

  /** A key of the settings with its mark: it ends when another takes its place. */
  #writeKey(keyId: string): string {
    const mark = this.#options.keys.markOf(keyId, this.#options.key);
    return mark === null ? keyId : `${keyId}:${mark}`;
  }

  #mayMake({ keyId, userIssuer, userSubject }: Omit<StoredPanel, 'accountId'>, accountId: number): boolean {
    if (userSubject !== null) {
      const role =
        this.#options.users?.issuer === userIssuer ? (this.#options.users.roleOf(userSubject) ?? null) : null;
      if (role === null || !includesScope(role.scopes, 'WRITE')) return false;
      return role.accountId === null || role.accountId === accountId;
    }
    if (keyId === null) return this.#options.keys.isStill({ keyId: null });
    const [id = ''] = keyId.split(':');
    return this.#options.keys.isStill({ keyId: id }) && this.#writeKey(id) === keyId;
  }

  #findProblem(panel: StoredPanel | undefined): PanelProblem | null {
    if (panel === undefined) return 'GONE';
    const state = this.stateOf(panel, panel.accountId);
    return state === 'ACTIVE' ? null : state;
  }

  #schedule(): void {
    this.#timer ??= setTimeout(() => void this.#look(), LOOK_INTERVAL_MS).unref();
  }

  async #look(): Promise<void> {
    const ids = [...new Set([...this.#watchers].map(({ id }) => id))];
    try {
      const panels = new Map((await readPanels(this.#options.pool, ids)).map((panel) => [panel.id, panel]));
      for (const watcher of [...this.#watchers]) {
        // One that came meanwhile was opened meanwhile.
        const problem = ids.includes(watcher.id) ? this.#findProblem(panels.get(watcher.id)) : null;
        if (problem !== null && this.#watchers.delete(watcher)) watcher.onLost(problem);
      }
    } catch (error) {
      this.#options.log.debug({ err: error }, 'the panel links could not be read again');
    }
    this.#timer = undefined;
    if (this.#watchers.size > 0) this.#schedule();
  }
}

function checkLink({ hours, expiresAt }: NewPanelLink): void {
  const refuse = (field: string, expected: string, got: string): never => {
    throw new InvalidInputError(`input.${field}: expected ${expected}, got ${got}`, ['input', field]);
  };
  if (hours < MIN_PANEL_HOURS || hours > MAX_PANEL_HOURS) {
    refuse('hours', `${MIN_PANEL_HOURS} to ${MAX_PANEL_HOURS}`, String(hours));
  }
  if (expiresAt !== null && !(expiresAt.getTime() > Date.now())) {
    refuse('expiresAt', 'a time to come', expiresAt.toISOString());
  }
}
