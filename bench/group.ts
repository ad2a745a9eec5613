import type { Settings } from './settings.ts';

/** One part of the bench, which can run alone. */
export interface Group {
  readonly name: string;
  readonly title: string;
  /** What is measured and how to read it; a paragraph of the report. */
  readonly about: string;
  /** What stands in the way of the goals that it has not reached so far, and what was tried; said where one is not reached. */
  readonly obstacles?: string;
  /** Measured runs of each contender, where the group needs more than others or has the time for fewer. */
  readonly rounds?: Rounds;
  run(bench: Bench): Promise<GroupReport>;
}

export interface Rounds {
  readonly full: number;
  readonly quick: number;
}

/** What a group needs to know. */
export interface Bench {
  readonly settings: Settings;
  readonly bytesPerMicrosecond: number;
  /** Says what is going on, for whoever watches. */
  readonly say: (text: string) => void;
}

export interface GroupReport {
  /** How often it measured, where that is not the number of rounds of the settings. */
  readonly repeated?: string;
  readonly goals: readonly Goal[];
  readonly tables: readonly Table[];
  /** Shown in the report, where there are any. */
  readonly pictures?: readonly Picture[];
  /** Every figure, for programs; plain data. */
  readonly figures: Readonly<Record<string, unknown>>;
}

/** A picture of its own file. */
export interface Picture {
  /** Of the file, without `.svg`. */
  readonly name: string;
  readonly caption: string;
  readonly svg: string;
}

/** A figure that the project wants to reach. */
export interface Goal {
  readonly figure: string;
  readonly goal: string;
  readonly measured: string;
  readonly reached: boolean;
}

export interface Table {
  readonly caption: string;
  /** The first column is text, the others are numbers. */
  readonly columns: readonly string[];
  readonly lines: readonly (readonly string[])[];
}
