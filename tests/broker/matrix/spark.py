"""Spark Structured Streaming against a broker: spark.py HOST:PORT"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from pyspark.sql import SparkSession, functions

from harness import BROKER, TIME, fresh, run, same

JARS = ",".join(str(jar) for jar in sorted(Path(os.environ["SPARK_KAFKA_LIBS"]).glob("*.jar")))


def session():
    builder = SparkSession.builder.master("local[2]").appName("matrix").config("spark.jars", JARS).config("spark.ui.enabled", "false")
    found = builder.config("spark.sql.shuffle.partitions", "2").config("spark.log.level", "ERROR").getOrCreate()
    found.sparkContext.setLogLevel("ERROR")
    return found


spark = session()


def write(topic, first, last):
    rows = spark.range(first, last + 1).select(
        functions.col("id").cast("string").alias("key"),
        functions.col("id").cast("string").alias("value"),
        functions.array(functions.struct(functions.lit("h").alias("key"), functions.lit(b"1").alias("value"))).alias("headers"),
    )
    rows.write.format("kafka").option("kafka.bootstrap.servers", BROKER).option("topic", topic).option("includeHeaders", "true").save()


def read(topic, **options):
    reader = spark.read.format("kafka").option("kafka.bootstrap.servers", BROKER).option("subscribe", topic)
    return reader.options(**options).load()


def numbers(topic):
    return sorted({int(row.value) for row in read(topic).select(functions.col("value").cast("string")).collect()})


def batches():
    topic = fresh("spark")
    write(topic, 1, 100)
    found = read(topic, includeHeaders="true").selectExpr("cast(value as string) value", "partition", "headers").collect()
    same((len(found), found[0].headers[0].key), (100, "h"))
    same(len({row.partition for row in found}) > 1, True)


def from_a_time():
    topic = fresh("spark")
    write(topic, 1, 10)
    time.sleep(0.1)
    between = str(int(time.time() * 1000))
    time.sleep(0.1)
    write(topic, 11, 15)
    later = read(topic, startingTimestamp=between, startingOffsetsByTimestampStrategy="latest")
    same(later.count(), 5)
    same(read(topic, startingTimestamp=str(TIME)).count(), 15)


def copied(source, target, checkpoint, **trigger):
    stream = spark.readStream.format("kafka").option("kafka.bootstrap.servers", BROKER).option("subscribe", source)
    rows = stream.option("startingOffsets", "earliest").load().selectExpr("key", "value")
    sink = rows.writeStream.format("kafka").option("kafka.bootstrap.servers", BROKER).option("topic", target)
    return sink.option("checkpointLocation", checkpoint).trigger(**trigger).start()


def streams():
    source, target = fresh("spark"), fresh("spark.out")
    write(source, 1, 50)
    with tempfile.TemporaryDirectory() as checkpoint:
        copied(source, target, checkpoint, availableNow=True).awaitTermination(60)
        same(numbers(target), list(range(1, 51)))
        write(source, 51, 60)
        copied(source, target, checkpoint, availableNow=True).awaitTermination(60)
        # It went on where the checkpoint says: nothing came twice.
        same((numbers(target), read(target).count()), (list(range(1, 61)), 60))


def killed():
    source, target = fresh("spark"), fresh("spark.out")
    write(source, 1, 50)
    with tempfile.TemporaryDirectory() as checkpoint:
        # A session of its own, killed with its virtual machine.
        child = subprocess.Popen([sys.executable, __file__, BROKER, source, target, checkpoint], start_new_session=True,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            end = time.time() + 120
            while time.time() < end and (target not in topics() or len(numbers(target)) < 50):
                time.sleep(1)
            write(source, 51, 100)
        finally:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
        write(source, 101, 120)
        copied(source, target, checkpoint, availableNow=True).awaitTermination(60)
        same(numbers(target), list(range(1, 121)))


def topics():
    admin = spark._jvm.org.apache.kafka.clients.admin.Admin.create(spark._jvm.java.util.HashMap({"bootstrap.servers": BROKER}))
    try:
        return set(admin.listTopics().names().get())
    finally:
        admin.close()


def windows():
    source = fresh("spark")
    write(source, 1, 30)
    stream = spark.readStream.format("kafka").option("kafka.bootstrap.servers", BROKER).option("subscribe", source)
    rows = stream.option("startingOffsets", "earliest").option("maxOffsetsPerTrigger", "10").load()
    counts = rows.withWatermark("timestamp", "1 minute").groupBy(functions.window("timestamp", "1 hour")).count()
    query = counts.writeStream.format("memory").queryName("windows").outputMode("complete").trigger(availableNow=True).start()
    query.awaitTermination(60)
    same(spark.sql("select sum(count) from windows").first()[0], 30)
    same(len(query.recentProgress) >= 3, True)


if len(sys.argv) == 5:
    copied(*sys.argv[2:5], processingTime="200 milliseconds").awaitTermination(120)
else:
    run({
        "batch: written and read, with headers": batches,
        "batch: from a time": from_a_time,
        "stream to a topic, goes on from its checkpoint": streams,
        "stream killed, goes on from its checkpoint": killed,
        "windows, in bounded steps": windows,
    })
spark.stop()
