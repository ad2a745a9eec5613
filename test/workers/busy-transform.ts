/** Throws, on the first attempt, what the row describes; then returns 'done'. */
import { CapacityError, type TransformContext } from '../../src/index.ts';

export interface BusyRow {
  readonly carrier:
    'CapacityError' | 'status' | 'statusCode' | 'error with status' | 'error with statusCode' | 'function';
  readonly code: unknown;
}

export default function busy(row: BusyRow, { attempt }: TransformContext): string {
  if (typeof row !== 'object' || attempt > 1) return 'done';
  const { carrier, code } = row;
  switch (carrier) {
    case 'CapacityError':
      throw new CapacityError(code as number, 'busy');
    case 'status':
      throw { status: code };
    case 'statusCode':
      throw { statusCode: code };
    case 'error with status':
      throw Object.assign(new Error('busy'), { status: code });
    case 'error with statusCode':
      throw Object.assign(new Error('busy'), { statusCode: code });
    case 'function':
      throw Object.assign(() => 1, { status: code });
  }
}
