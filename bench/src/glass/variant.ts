import { PLAYERS, type PlayerName } from './pages.js';

/** A player, with attributes if it is ours. */
export interface Variant {
  readonly player: PlayerName;
  readonly attributes: Readonly<Record<string, string>>;
}

/**
 * Read variants as people write them: `ours,ours:target-latency=100:muted=,mpegts`.
 * @throws {Error} one line, if they cannot be read
 */
export function readVariants(text: string): Variant[] {
  return text.split(',').map((variant) => {
    const [player = '', ...pairs] = variant.split(':');
    const isKnown = Object.hasOwn(PLAYERS, player) && (player === 'ours' || pairs.length === 0);
    if (!isKnown || !pairs.every((pair) => /^[a-z-]+=/.test(pair))) {
      throw new Error(
        `--players ${text}: "${variant}" must be ${Object.keys(PLAYERS).join(' or ')}; ours may have attributes, as ours:target-latency=100`,
      );
    }
    const attributes = pairs.map((pair) => [
      pair.slice(0, pair.indexOf('=')),
      pair.slice(pair.indexOf('=') + 1),
    ]);
    return { player: player as PlayerName, attributes: Object.fromEntries(attributes) };
  });
}

/** For people. */
export const titleOf = ({ player, attributes }: Variant): string =>
  [PLAYERS[player].title, ...Object.entries(attributes).map(([name, value]) => `${name}=${value}`)].join(' ');
