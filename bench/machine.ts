import { readFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, platform, release, totalmem } from 'node:os';
import { join } from 'node:path';

/** Where figures come from. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly system: string;
  readonly node: string;
  readonly v8: string;
  /** Load of the last minute when the bench began: others on the machine make figures worse. */
  readonly loadAverage: number;
  /** Versions of this package and of its peers. */
  readonly packages: Readonly<Record<string, string>>;
}

const PROJECT = join(import.meta.dirname, '..');
const PEERS = [
  ...['piscina', 'tinypool', 'workerpool', 'poolifier', 'jest-worker', 'p-map'],
  ...['p-queue', 'p-retry', '@smithy/util-retry'],
];

export async function describeMachine(): Promise<Machine> {
  const peers = PEERS.map(
    async (name) => [name, await versionIn(join(PROJECT, 'node_modules', name))] as const,
  );
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${release()}`,
    node: process.version,
    v8: process.versions.v8,
    loadAverage: Number((loadavg()[0] ?? 0).toFixed(2)),
    packages: {
      'pooled-executor': await versionIn(PROJECT),
      ...Object.fromEntries(await Promise.all(peers)),
    },
  };
}

async function versionIn(folder: string): Promise<string> {
  const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { version: string };
  return version;
}

/** One line for people. */
export function machineLine({ cpu, cores, memoryGb, system, node, packages, loadAverage }: Machine): string {
  const versions = Object.entries(packages).map(([name, version]) => `${name} ${version}`);
  return [
    `${cpu}, ${cores} cores, ${memoryGb} GB, ${system}, load ${loadAverage} at the start`,
    `Node ${node}`,
    ...versions,
  ].join('; ');
}
