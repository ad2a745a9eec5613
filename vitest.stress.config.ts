import { configDefaults, defineConfig } from 'vitest/config';
import normal, { STRESS } from './vitest.config.ts';

export default defineConfig({
  test: { ...normal.test, include: [STRESS], exclude: configDefaults.exclude, env: { STRESS_RUN: 'yes' } },
});
