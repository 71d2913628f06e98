/** `packetwalk/node-test`: a lab as tests of Node's own test runner. */
import { after, before, describe, it } from 'node:test';
import { testLabWith } from './suite.ts';

export { LabFailure, type SuiteOptions, type TestLab } from './suite.ts';

/** Makes a test of each walk, check and drill of a lab. The lab is stood up before the first, and taken down after the last. */
export const testLab = testLabWith({
  describe: (title, body) => void describe(title, body),
  it: (title, body, timeout) => void it(title, { timeout }, (test) => body((reason) => test.skip(reason))),
  before: (work, timeout) => before(work, { timeout }),
  after: (work, timeout) => after(work, { timeout }),
});
