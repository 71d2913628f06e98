/** What was begun side by side gives, in its order; where one fails, what the others gave is let go of before that is thrown. */
export async function allOrNone<Given>(
  begun: Promise<Given>[],
  letGo: (given: Given) => void | Promise<void>,
): Promise<Given[]> {
  const ended = await Promise.allSettled(begun);
  const given = ended.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const failed = ended.find((each) => each.status === 'rejected');
  if (!failed) return given;
  await Promise.all(given.map(letGo));
  throw failed.reason;
}
