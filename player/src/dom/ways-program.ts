/** The program of `worker/ways.ts` as text, which the bundler adds. */
declare const TOPICAST_WAYS_SOURCE: string;

let address: string | undefined;

/** Where the workers of all players find it. */
export function waysProgram(): string {
  address ??= URL.createObjectURL(new Blob([TOPICAST_WAYS_SOURCE], { type: 'text/javascript' }));
  return address;
}
