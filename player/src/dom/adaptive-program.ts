/** The program of `worker/adaptation.ts` as text, which the bundler adds. */
declare const TOPICAST_ADAPTIVE_SOURCE: string;

let address: string | undefined;

/** Where the workers of all players find it. */
export function adaptiveProgram(): string {
  address ??= URL.createObjectURL(new Blob([TOPICAST_ADAPTIVE_SOURCE], { type: 'text/javascript' }));
  return address;
}
