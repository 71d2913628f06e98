/** How many commands are run at a time for the sake of packets, to send them or to ask why they were lost, however many there are. */
export const AT_ONCE = 16;

const waiting: { limit: number; begin: () => void }[] = [];
let underWay = 0;

const admit = () => {
  while (waiting[0] && underWay < waiting[0].limit) {
    underWay++;
    waiting.shift()?.begin();
  }
};

/** Does a piece of work once fewer than so many are under way in this process, whoever began them; in the order of asking. */
export async function atMost<Result>(limit: number, work: () => Promise<Result>): Promise<Result> {
  await new Promise<void>((begin) => {
    waiting.push({ limit, begin });
    admit();
  });
  try {
    return await work();
  } finally {
    underWay--;
    admit();
  }
}
