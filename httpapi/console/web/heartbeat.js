// @ts-check
// Work that is done again and again while somebody looks.

export class Heartbeat {
  #work;
  #pause;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #isPaused = false;
  #isWorking = false;
  #isWanted = false;
  #signal;

  /**
   * @param {Object} o
   * @param {() => Promise<void>} o.work never fails
   * @param {number} o.pause milliseconds between the end of one and the next
   * @param {AbortSignal} o.signal ends it
   */
  constructor({ work, pause, signal }) {
    this.#work = work;
    this.#pause = pause;
    this.#signal = signal;
    signal.addEventListener("abort", () => clearTimeout(this.#timer));
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && !this.#isPaused) this.now();
    }, { signal });
  }

  get isPaused() {
    return this.#isPaused;
  }

  set isPaused(paused) {
    this.#isPaused = paused;
    clearTimeout(this.#timer);
    if (!paused) this.now();
  }

  /** Does the work at once, or once more when it is under way. */
  async now() {
    this.#isWanted = true;
    if (this.#isWorking) return;
    this.#isWorking = true;
    clearTimeout(this.#timer);
    while (this.#isWanted && !this.#signal.aborted) {
      this.#isWanted = false;
      await this.#work();
    }
    this.#isWorking = false;
    this.#waitForNext();
  }

  #waitForNext() {
    if (this.#isPaused || document.hidden || this.#signal.aborted) return;
    this.#timer = setTimeout(() => this.now(), this.#pause);
  }
}
