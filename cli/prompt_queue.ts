import type { Asking } from "../transports/transport.ts";

/** Asks one question at a time. @param hold keeps everything else off the terminal */
export function oneByOne(hold: (on: boolean) => void): Asking {
  let turn: Promise<unknown> = Promise.resolve();
  return (ask) => {
    const answer = turn.then(async () => {
      hold(true);
      try {
        return await ask();
      } finally {
        hold(false);
      }
    });
    turn = answer.catch(() => {});
    return answer;
  };
}
