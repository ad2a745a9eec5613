import { FINAL } from '../index.ts';
import { inFlagForm } from './executor-flags.ts';

/** What a run has to be given again so that it does not differ from its record. */
type Part = 'transform' | 'input' | 'flags';

/** What stands on record under another name than that of its flag. */
const FLAGS: Readonly<Record<string, string>> = {
  exportName: '--export',
  workerDataSha256: '--worker-data',
  envSha256: '--env',
};
const FORMATS: Readonly<Record<string, string>> = {
  inputFormat: 'the format of the input',
  outputFormat: 'the format of the output',
};
const NOT_GIVEN = 'not given';
/** There are no more notes of one kind than this. */
const MOST_NOTES = 10;

/** Says what the executor says of a difference, as in `DriftError`, in the words of the command line. */
export function driftText(difference: string): string {
  const option = parseOption(difference);
  if (option !== undefined) return optionText(option);
  return difference.replace(/^the rows end after (\d+),/, 'the input ends after $1 rows,');
}

/** What the user is told when a run is refused for these differences, as `DriftError` has them. */
export function driftRefusal(differences: readonly string[]): string {
  const parts = (['transform', 'input', 'flags'] as const).filter((part) =>
    differences.some((difference) => partOf(difference) === part),
  );
  const final = differences.some((difference) => difference.endsWith(FINAL));
  return (
    `Cannot continue the run as it differs from the record: ${differences.map(driftText).join('; ')}. ` +
    `Give it the ${parts.join(' and the ')} that it had${final ? '' : ', or --allow-drift to continue all the same'}`
  );
}

/** What the user is told when a run is continued in spite of these differences, in the words of the command line. */
export function driftNotes(differences: readonly string[]): readonly string[] {
  const left = differences.length - MOST_NOTES;
  return [
    ...differences.slice(0, MOST_NOTES).map((difference) => `continuing although ${difference}`),
    ...(left > 0
      ? [`continuing although ${left} more ${left === 1 ? 'thing differs' : 'things differ'}`]
      : []),
  ];
}

interface OptionDifference {
  readonly name: string;
  readonly now: string;
  readonly then: string;
}

function parseOption(difference: string): OptionDifference | undefined {
  const [, name, now, then] = /^(\w+) is (.*?), on record (.*)$/s.exec(difference) ?? [];
  return name === undefined || now === undefined || then === undefined ? undefined : { name, now, then };
}

function partOf(difference: string): Part {
  if (difference.startsWith('the transform ')) return 'transform';
  const option = parseOption(difference);
  return option === undefined || option.name === 'inputFormat' ? 'input' : 'flags';
}

function optionText({ name, now, then }: OptionDifference): string {
  const format = FORMATS[name];
  if (format !== undefined) return `${format} (its name, or --format) is ${now}, on record ${then}`;
  const flag = FLAGS[name] ?? inFlagForm(name);
  if (name === 'rejects') return presenceText(flag, now === 'true');
  if (name.endsWith('Sha256')) {
    // they may hold secrets, so only hashes are on record
    const both = now !== NOT_GIVEN && then !== NOT_GIVEN;
    return both ? `${flag} is not what it was on record` : presenceText(flag, now !== NOT_GIVEN);
  }
  return `${flag} is ${valueText(now)}, on record it was ${valueText(then)}`;
}

function presenceText(flag: string, given: boolean): string {
  return given ? `${flag} is given, on record it was not` : `${flag} is not given, on record it was`;
}

/** The values of a flag that is given several times, one after another. */
function valueText(value: string): string {
  const [, list] = /^\[\s+(.*?)\s+\]$/s.exec(value) ?? [];
  return list?.replaceAll(/\s+/g, ' ') ?? value;
}
