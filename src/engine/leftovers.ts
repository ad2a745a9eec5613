import type { Crew } from './crew.ts';
import type { Member } from './placement.ts';
import type { Host } from './host.ts';
import { OwnWays, WORKERS_FOR_OWN_WAY } from './own-ways.ts';
import type { GlobalsAnswer, GlobalsChange, StrayError, WorkerNews } from './worker-protocol.ts';

/** Deals with what rows leave behind in their worker: it must not meet another row, and somebody must be told. */
export class Leftovers {
  readonly #crew: Pick<Crew, 'memberOf' | 'retire'>;
  readonly #ownWays: OwnWays;

  /** @param workers how many there are at once */
  constructor(crew: Pick<Crew, 'memberOf' | 'retire'>, workers: number) {
    this.#crew = crew;
    this.#ownWays = new OwnWays(workers);
  }

  onNews(news: WorkerNews, host: Host): void {
    const member = this.#crew.memberOf(host);
    if (news.kind === 'stray') this.#onStray(news, member);
    else if (member !== undefined) this.#onGlobals(readable(news), member);
  }

  /** An error that no row owns up to: whatever else it has left there goes with the worker. */
  #onStray({ charged, row, error }: StrayError, member: Member | undefined): void {
    if (member !== undefined) this.#crew.retire(member);
    if (charged) return;
    const whose = row === undefined ? "The transform's module" : `Row '${row.stateId}', which had ended,`;
    process.emitWarning(`${whose} left an error behind: ${error.message}`, {
      type: 'StrayErrorWarning',
      code: 'POOLED_EXECUTOR_STRAY_ERROR',
      ...(error.stack === undefined ? {} : { detail: error.stack }),
    });
  }

  #onGlobals(change: GlobalsChange, member: Member): void {
    const verdict = this.#ownWays.judge(member.host.id, change.changes);
    switch (verdict.kind) {
      case 'replace':
        this.#crew.retire(member);
        warn(change, 'its worker is replaced');
        break;
      case 'accept':
        answer(member.host, { accepted: change.changes, stopLooking: false });
        if (verdict.isNews) {
          const seen = `rows did so on ${WORKERS_FOR_OWN_WAY} workers`;
          warn(
            change,
            `as ${seen}, it is taken for the transform's own way of working and accepted from now on`,
          );
        }
        break;
      case 'give up':
        answer(member.host, { accepted: [], stopLooking: true });
        if (verdict.isNews) {
          const seen = `${verdict.replaced} workers were replaced for changes like this`;
          warn(change, `as ${seen}, no more are, and changes are not looked for any more`);
        }
    }
  }
}

/** A row may have exchanged what the names were put together with. */
function readable(change: GlobalsChange): GlobalsChange {
  const { changes } = change as { readonly changes: unknown };
  return Array.isArray(changes) ? change : { ...change, changes: [String(changes)], others: 0 };
}

/** That it ends before it gets it is dealt with elsewhere. */
function answer(host: Host, given: GlobalsAnswer): void {
  host.run(given).catch(() => undefined);
}

function warn({ rows, changes, others }: GlobalsChange, consequence: string): void {
  const { first, last, count } = rows;
  const who =
    count === 1
      ? `Row '${first}'`
      : `One of ${count} rows that a worker ran, '${first}' first and '${last}' last,`;
  const what = others > 0 ? [...changes, `${others} more`] : changes;
  process.emitWarning(`${who} changed ${what.join(', ')}: ${consequence}`, {
    type: 'ChangedGlobalsWarning',
    code: 'POOLED_EXECUTOR_CHANGED_GLOBALS',
  });
}
