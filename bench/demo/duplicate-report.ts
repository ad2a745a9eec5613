import type { DuplicateGroup } from './near-duplicates.ts';
import { minSimilarity } from './near-duplicates.ts';

const shownMails = 3;

/** What was found, and whether the corpus agrees: copies of one mail should be all spam or all ham. */
export function summarise(groups: readonly DuplicateGroup[]): string[] {
  const mails = groups.reduce((sum, group) => sum + group.mails.length, 0);
  const pure = groups.filter(isPure).length;
  return [
    `${groups.length} groups with ${mails.toLocaleString('en')} mails, estimated similarity ${minSimilarity} or more`,
    `${pure} of the groups are all spam or all ham by the corpus's own labels, which the search never sees`,
  ];
}

/** One group, in a few lines. */
export function describeGroup(group: DuplicateGroup): string {
  const { mails, meanSimilarity, lowestSimilarity } = group;
  const rest = mails.length - shownMails;
  return [
    `   ${mails.length} mails (${folders(group)}), similarity to the first: mean ${meanSimilarity.toFixed(2)}, lowest ${lowestSimilarity.toFixed(2)}`,
    ...mails.slice(0, shownMails).map((mail) => `     ${shortId(mail.id)}  ${clean(mail.subject)}`),
    ...(rest > 0 ? [`     and ${rest} more`] : []),
  ].join('\n');
}

function isPure({ mails }: DuplicateGroup): boolean {
  return new Set(mails.map((mail) => mail.group.startsWith('spam'))).size === 1;
}

function folders({ mails }: DuplicateGroup): string {
  const counts = Map.groupBy(mails, (mail) => mail.group);
  return [...counts].map(([group, members]) => `${members.length} in ${group}`).join(', ');
}

function shortId(id: string): string {
  return id.replace(/\.\w+$/, '');
}

/** Subjects come from strangers: no control characters reach the terminal. */
function clean(subject: string): string {
  const line = subject.replace(/[\p{C}\s]+/gu, ' ').trim();
  return line.length > 60 ? `${line.slice(0, 59)}…` : line;
}
