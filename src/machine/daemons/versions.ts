/**
 * The version in what a program printed when it was asked for it; undefined where there is none. It stands in the first line, so that
 * `CNI protocol versions supported: 0.1.0, …` beneath is not taken for one.
 */
export function saidVersion(printed: string): string | undefined {
  const [first = ''] = printed.trim().split('\n');
  return /(?:^|[\s("'-])(v?\d+\.\d+(?:\.\d+)?(?:[-+][\w.+-]*\w)?)(?=$|[\s),;"'])/.exec(first)?.[1];
}

/** Whether two versions differ in their first two numbers, so that what they do may differ: `v0.27.4` and `v0.28.10`. */
export function isOtherVersion(version: string, known: string): boolean {
  const firstTwo = (text: string) => text.replace(/^v/, '').split('.').slice(0, 2).map(Number).join('.');
  return firstTwo(version) !== firstTwo(known);
}
