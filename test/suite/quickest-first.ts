import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * For runs that end at the first failure, as StrykerJS's do: files that have failed when they ran last come first, and quick
 * ones before slow ones.
 */
export class QuickestFirst extends BaseSequencer {
  /** By module: a run that ended early says too little. */
  static readonly #longestMs = new Map<string, number>();

  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const ranked = files.map((file) => ({ file, ...this.#lastResult(file) }));
    ranked.sort((one, other) => Number(other.failed) - Number(one.failed) || one.longestMs - other.longestMs);
    return ranked.map(({ file }) => file);
  }

  #lastResult(file: TestSpecification): { readonly failed: boolean; readonly longestMs: number } {
    const { failed = false, duration = 0 } = this.ctx.cache.getTestSpecificationResult(file) ?? {};
    const longestMs = Math.max(duration, QuickestFirst.#longestMs.get(file.moduleId) ?? 0);
    QuickestFirst.#longestMs.set(file.moduleId, longestMs);
    return { failed, longestMs };
  }
}
