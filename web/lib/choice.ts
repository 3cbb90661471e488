/** A line of a menu. */
export interface Choice<Value extends string | number> {
  readonly value: Value;
  readonly name: string;
  readonly note?: string;
  readonly disabled: boolean;
}
