/** Marks when the fault begins and ends. */
export class FaultClock {
  #from: number | undefined;
  #to: number | undefined;

  begins(): void {
    this.#from ??= Date.now();
  }

  ends(): void {
    this.#to = Date.now();
  }

  get span(): { readonly from: number; readonly to: number } {
    if (this.#from === undefined || this.#to === undefined) throw new Error('the scenario marked no fault');
    return { from: this.#from, to: this.#to };
  }
}
