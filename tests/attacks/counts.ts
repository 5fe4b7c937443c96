// deno-lint-ignore-file no-console
/** Counts of a campaign: an attack either has no effect, or is refused; it neither hangs nor loses anything. */
export class Counts {
  readonly #title: string;
  #held = 0;
  #refused = 0;
  #hung = 0;
  #lost = 0;

  constructor(title: string) {
    this.#title = title;
  }

  /** The attack had no effect: the requested operation succeeded. */
  held(): void {
    this.#held++;
  }

  /** The attack ended in an error that says so. */
  refused(): void {
    this.#refused++;
  }

  /** The attack did not end in time. */
  hung(): void {
    this.#hung++;
  }

  /** The attack ended in a crash, an unclear error, or with something left over. */
  lost(): void {
    this.#lost++;
  }

  print(): void {
    const tried = this.#held + this.#refused + this.#hung + this.#lost;
    console.log(
      `${this.#title}: tried ${tried}, held ${this.#held}, refused ${this.#refused}, ` +
        `hung ${this.#hung}, lost ${this.#lost}`,
    );
  }
}
