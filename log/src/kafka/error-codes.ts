/** The error codes of the Kafka protocol that something is done about (kafka.apache.org/protocol#protocol_error_codes). */
export const KafkaError = {
  none: 0,
  offsetOutOfRange: 1,
  unknownTopicOrPartition: 3,
  leaderNotAvailable: 5,
  messageTooLarge: 10,
  recordListTooLarge: 18,
  topicAlreadyExists: 36,
  invalidPartitions: 37,
  invalidReplicationFactor: 38,
  invalidRecord: 87,
} as const;

/** These say that a batch can never be taken; all others may pass: leaders move, replicas come back. */
export const isRefusal = (code: number): boolean =>
  code === KafkaError.messageTooLarge ||
  code === KafkaError.recordListTooLarge ||
  code === KafkaError.invalidRecord;
