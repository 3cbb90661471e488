import { type Assigner, AssignerProtocol, type PartitionAssigner } from 'kafkajs';
import { assignSticky, type Claim } from './sticky-assigner.js';

const NAME = 'topicast-sticky';
const VERSION = 1;

/** The part of a {@link Claim} that travels: JSON, as the user data of the member's subscription. */
type OwnClaim = Omit<Claim, 'member'>;

/** {@link assignSticky} in kafkajs's form. `claim` is called at each join. */
export const groupAssigner =
  (topic: string, partitions: number, claim: () => OwnClaim): PartitionAssigner =>
  (): Assigner => ({
    name: NAME,
    version: VERSION,
    protocol: ({ topics }) => ({
      name: NAME,
      metadata: AssignerProtocol.MemberMetadata.encode({
        version: VERSION,
        topics,
        userData: Buffer.from(JSON.stringify(claim())),
      }),
    }),
    assign: async ({ members }) => {
      const claims = members.map(({ memberId, memberMetadata }) => ({
        member: memberId,
        ...decodeClaim(memberMetadata),
      }));
      return [...assignSticky(claims, partitions)].map(([memberId, owned]) => ({
        memberId,
        memberAssignment: AssignerProtocol.MemberAssignment.encode({
          version: VERSION,
          assignment: { [topic]: owned },
          userData: Buffer.alloc(0),
        }),
      }));
    },
  });

/** From a member of another version, or not from one of ours: it claims nothing. */
function decodeClaim(metadata: Buffer): OwnClaim {
  try {
    const text = AssignerProtocol.MemberMetadata.decode(metadata)?.userData.toString('utf8') ?? '';
    const { owned, silentMs } = JSON.parse(text) as Partial<OwnClaim>;
    if (Array.isArray(owned) && typeof silentMs === 'number') return { owned, silentMs };
  } catch {
    // Not JSON: as good as none.
  }
  return { owned: [], silentMs: 0 };
}
