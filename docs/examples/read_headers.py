"""Print the header of each chunk of a topic: python3 read_headers.py BROKERS TOPIC"""
import struct
import sys
from datetime import datetime, timedelta, timezone
from kafka import KafkaConsumer

brokers, topic = sys.argv[1:]
consumer = KafkaConsumer(topic, bootstrap_servers=brokers, auto_offset_reset="earliest", consumer_timeout_ms=5000)
print("offset", "session", "sequence", "keyframe", "decode_s", "wall_clock_utc", sep="\t")
for record in consumer:
    value = next((value for key, value in record.headers if key == "t"), None) or b""
    if len(value) < 40 or value[0] != 1:
        print(record.offset, "no header", sep="\t")
        continue
    # PROTOCOL.md, section 2
    _, flags, _, sequence, session, decode_time, wall_clock, _ = struct.unpack_from(">BBHIQqQi", value)
    wall = datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(microseconds=wall_clock)
    print(record.offset, session, sequence, flags & 1, f"{decode_time / 90000:.5f}", f"{wall:%F %T.%f}", sep="\t")
