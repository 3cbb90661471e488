/** A property if there is a value, for objects that leave out what is unknown. */
export const present = <Name extends string, Value>(
  name: Name,
  value: Value | undefined,
): { [key in Name]?: Value } => (value === undefined ? {} : ({ [name]: value } as { [key in Name]: Value }));
