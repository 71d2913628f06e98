/** Questions to the attendee, asked beside the shell, of which a key is the answer. */
export interface Questions {
  ask(question: string): Promise<boolean>;
  /** Takes keys as the answer; says whether something was asked. */
  take(keys: Buffer): boolean;
  /** What is asked now. */
  open(): string | undefined;
}

export function questions(write: (text: string) => void, changed: () => void): Questions {
  let open: { question: string; answer(isYes: boolean): void } | undefined;
  return {
    open: () => open?.question,
    ask(question) {
      write(`${question} (y/n) `);
      const answered = new Promise<boolean>((answer) => {
        open = { question, answer };
      });
      changed();
      return answered;
    },
    take(keys) {
      if (!open) return false;
      const { answer } = open;
      const isYes = /^y/i.test(keys.toString());
      open = undefined;
      write(`${isYes ? 'y' : 'n'}\r\n`);
      answer(isYes);
      changed();
      return true;
    },
  };
}
