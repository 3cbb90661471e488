"""Write a topic to a file until nothing comes for five seconds: python3 consumer.py BROKERS TOPIC FILE"""
import sys
from kafka import KafkaConsumer

brokers, topic, path = sys.argv[1:]
consumer = KafkaConsumer(topic, bootstrap_servers=brokers, auto_offset_reset="earliest", consumer_timeout_ms=5000)
with open(path, "wb") as video:
    for message in consumer:
        video.write(message.value)
