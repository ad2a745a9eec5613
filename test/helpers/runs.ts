/** Whether this is the stress run. */
export const isStress = process.env['STRESS_RUN'] !== undefined;

/** How often: more in the stress run. */
export function runs(normal: number, stress: number): number {
  return isStress ? stress : normal;
}

/** Both in the stress run: processes take long to start. */
export const ISOLATIONS: readonly ('thread' | 'process')[] = isStress ? ['thread', 'process'] : ['thread'];
