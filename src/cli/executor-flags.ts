import { Option } from 'commander';
import { parseJson } from '../core/json.ts';
import { messageOf, UsageError } from './exit.ts';
import { parseDecimal } from './numbers.ts';

/** The values of the flags below as they were typed, by the name of the executor's option; there may be others beside them. */
export type ExecutorFlagValues = Readonly<Record<string, string | readonly string[] | boolean | undefined>>;

/** One option of the executor. The flag is its name in kebab-case. */
interface ExecutorFlag {
  readonly flags: string;
  readonly description: string;
  readonly read: (text: string) => unknown;
  /** May be given several times; `read` gets them one by one. */
  readonly repeatable?: boolean;
}

const FLAGS: readonly ExecutorFlag[] = [
  {
    flags: '--pool-size <n>',
    description: 'most rows that run at once (default: number of cores)',
    read: parseDecimal,
  },
  {
    flags: '--threads <n>',
    description: 'worker threads, at most the pool size (default: the pool size)',
    read: parseDecimal,
  },
  {
    flags: '--slice-size <n|auto>',
    description: 'rows per message to a worker (default: auto)',
    read: toNumberOrWord,
  },
  {
    flags: '--attempt-timeout-ms <ms>',
    description: 'how long one attempt may run (default: no limit)',
    read: parseDecimal,
  },
  {
    flags: '--max-capacity-retry-ms <ms>',
    description: 'how long a refused row is tried again; Infinity is allowed (default: 3600000)',
    read: parseDecimal,
  },
  {
    flags: '--min-dispatch-delay-ms <ms>',
    description: 'least time between two dispatches (default: 0)',
    read: parseDecimal,
  },
  {
    flags: '--max-dispatch-delay-ms <ms>',
    description: "limit of the throttle's delay (default: 5000)",
    read: parseDecimal,
  },
  {
    flags: '--backoff-multiplier <x>',
    description: 'growth of the delay per refusal (default: 2)',
    read: parseDecimal,
  },
  {
    flags: '--recovery-step-ms <ms>',
    description: 'what a success takes off the delay (default: 50)',
    read: parseDecimal,
  },
  {
    flags: '--load-timeout-ms <ms>',
    description: 'how long a worker may take to load the module; Infinity is allowed (default: 300000)',
    read: parseDecimal,
  },
  {
    flags: '--max-row-crashes <n>',
    description: 'give a row up that kills its worker this often (default: 2)',
    read: parseDecimal,
  },
  {
    flags: '--isolation <kind>',
    description: 'where rows run: thread or process (default: thread)',
    read: asTyped,
  },
  {
    flags: '--watch-globals <when>',
    description: 'look for rows that change globals: sampled, each-row or off (default: sampled)',
    read: asTyped,
  },
  {
    flags: '--recycle-after-rows <n>',
    description: 'replace a worker after this many rows (default: never)',
    read: parseDecimal,
  },
  {
    flags: '--recycle-after-heap-mb <n>',
    description: 'replace a worker with more heap in use (default: never)',
    read: parseDecimal,
  },
  {
    flags: '--resource-limits <json>',
    description: `limits of a worker, e.g. '{"maxOldGenerationSizeMb":512}'`,
    read: toJson,
  },
  { flags: '--worker-data <json>', description: "the transform's context.workerData", read: toJson },
  {
    flags: '--env <KEY=VALUE>',
    description: "add to the workers' environment (repeatable)",
    read: asTyped,
    repeatable: true,
  },
  {
    flags: '--exec-argv <arg>',
    description: 'a Node option of the workers (repeatable)',
    read: asTyped,
    repeatable: true,
  },
];

const BY_OPTION = new Map(FLAGS.map((flag) => [new Option(flag.flags).attributeName(), flag]));

/** The flags as commander takes them. Their values stay as typed until {@link readExecutorFlags}. */
export function executorFlagOptions(): Option[] {
  return FLAGS.map(({ flags, description, repeatable: isRepeatable }) => {
    const option = new Option(flags, description);
    return isRepeatable === true ? repeatable(option) : option;
  });
}

/** Makes an option one that may be given several times: its value is the list. */
export function repeatable(option: Option): Option {
  return option.argParser<string[] | undefined>((value, before = []) => [...before, value]);
}

/**
 * Turns what was typed into executor options. Numbers are left to the executor to judge: what is none becomes NaN.
 *
 * @throws UsageError for text that is not of its form.
 */
export function readExecutorFlags(values: ExecutorFlagValues): Record<string, unknown> {
  const options: Record<string, unknown> = {};
  for (const [option, flag] of BY_OPTION) {
    const value = values[option];
    if (value === undefined || typeof value === 'boolean') continue;
    options[option] =
      typeof value === 'string' ? readOne(option, flag, value) : value.map((text) => flag.read(text));
  }
  return options['env'] === undefined
    ? options
    : { ...options, env: readEnvironment(options['env'] as string[]) };
}

/** Says what the executor says about its options in the words of the command line. */
export function inWordsOfFlags(message: string, values: ExecutorFlagValues): string {
  const [, option = '', member, rule, received = ''] =
    /^Cannot .*? as '(\w+)(?:\.(.*?))?' ((?:must|is) .*): received (.*)$/s.exec(message) ?? [];
  if (rule === undefined) return message;
  if (member !== undefined) return `'${member}' in ${inFlagForm(option)} ${rule}: received ${received}`;
  const value = values[option];
  const typed = typeof value === 'string' ? `'${value}'` : received;
  return `${inFlagForm(option)} ${rule.replace(/\w+/g, (word) => (BY_OPTION.has(word) ? inFlagForm(word) : word))}: received ${typed}`;
}

/** Says in the words of the command line why a transform could not be loaded in time; any other message stays. */
export function loadErrorInWordsOfFlags(message: string): string {
  return message.replace(
    /(?<=: it had not finished loading after )loadTimeoutMs(?= \(\S+ ms\)$)/,
    inFlagForm('loadTimeoutMs'),
  );
}

/** The flag of an option. */
export function inFlagForm(option: string): string {
  return `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

function readOne(option: string, flag: ExecutorFlag, text: string): unknown {
  try {
    return flag.read(text);
  } catch (reason) {
    throw new UsageError(`${inFlagForm(option)} must be JSON: received '${text}' (${messageOf(reason)})`);
  }
}

function readEnvironment(assignments: readonly string[]): NodeJS.ProcessEnv {
  const env = { ...process.env };
  for (const assignment of assignments) {
    const [, name, value] = /^([^=]+)=(.*)$/s.exec(assignment) ?? [];
    if (name === undefined) throw new UsageError(`--env must be KEY=VALUE: received '${assignment}'`);
    env[name] = value;
  }
  return env;
}

function toNumberOrWord(text: string): unknown {
  const number = parseDecimal(text);
  return Number.isNaN(number) ? text : number;
}

function toJson(text: string): unknown {
  return parseJson(text);
}

function asTyped(text: string): string {
  return text;
}
