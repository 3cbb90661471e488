"""Prints how many ms each record of a topic's partition 0 was under way.

Arguments: brokers, topic, seconds before the first that counts, seconds in all.
"""
import struct
import sys
import time

from confluent_kafka import OFFSET_END, Consumer, TopicPartition

brokers, topic, warm_up, seconds = sys.argv[1:]
consumer = Consumer({"bootstrap.servers": brokers, "group.id": "bench", "enable.auto.commit": False})
consumer.assign([TopicPartition(topic, 0, OFFSET_END)])
begin = time.time() + float(warm_up)
end = time.time() + float(seconds)
while time.time() < end:
    message = consumer.poll(0.5)
    now = time.time()
    if now > begin and message is not None and not message.error():
        print(now * 1000 - struct.unpack("<d", message.value()[:8])[0], flush=True)
consumer.close()
