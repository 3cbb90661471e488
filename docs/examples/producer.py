"""Send MPEG-TS to a topic: ... | python3 producer.py BROKERS TOPIC [gzip], or ... < clip.ts"""
import sys
from kafka import KafkaProducer

brokers, topic, *compression = sys.argv[1:]
producer = KafkaProducer(bootstrap_servers=brokers, compression_type=compression[0] if compression else None)
while chunk := sys.stdin.buffer.read(1024):
    producer.send(topic, chunk)
producer.flush()
