/** `packetwalk/vitest`: a lab as tests of Vitest. */
import { afterAll, beforeAll, describe, it } from 'vitest';
import { testLabWith } from './suite.ts';

export { LabFailure, type SuiteOptions, type TestLab } from './suite.ts';

/** Makes a test of each walk, check and drill of a lab. The lab is stood up before the first, and taken down after the last. */
export const testLab = testLabWith({
  // One packet at a time is followed in a lab.
  describe: (title, body) => void describe.sequential(title, body),
  it: (title, body, timeoutMs) => it(title, ({ skip }) => body((reason) => skip(reason)), timeoutMs),
  before: (work, timeoutMs) => beforeAll(work, timeoutMs),
  after: (work, timeoutMs) => afterAll(work, timeoutMs),
});
