# Title: Views by page and minute, counted as they come (Spark Structured Streaming)
# Needs: pip install pyspark, and Spark's connector for Kafka (SPARK_KAFKA_LIBS: the folder with its jars; elsewhere
#   spark-submit --packages org.apache.spark:spark-sql-kafka-0-10_2.13:4.2.0)
# Prints: home\.index *\| *[0-9]+
import glob
import os

from pyspark.sql import SparkSession, functions

spark = (
    SparkSession.builder.master("local[2]")
    .config("spark.jars", ",".join(glob.glob(os.environ["SPARK_KAFKA_LIBS"] + "/*.jar")))
    .config("spark.sql.shuffle.partitions", "2")
    .getOrCreate()
)
spark.sparkContext.setLogLevel("ERROR")
topic = (
    spark.readStream.format("kafka")
    .option("kafka.bootstrap.servers", os.environ["KAFKA"])
    .option("subscribe", "shop.view")
    .option("startingOffsets", "earliest")
    .load()
)
view = functions.from_json(topic.value.cast("string"), "event_id string, endpoint string, `timestamp` timestamp")
views = (
    topic.select(view.alias("view"))
    .select("view.*")
    .withWatermark("timestamp", "10 minutes")
    # Delivered at least once: what came twice counts once.
    .dropDuplicatesWithinWatermark(["event_id"])
)
counts = views.groupBy(functions.window("timestamp", "1 minute").start.alias("minute"), "endpoint").count()
# All that is there now; without availableNow it goes on for ever, and a checkpointLocation lets it go on where it stopped.
query = counts.writeStream.outputMode("complete").format("memory").queryName("counts").trigger(availableNow=True).start()
query.awaitTermination()
spark.sql("select * from counts order by minute, endpoint").show(truncate=False)
spark.stop()
