import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.serialization.SimpleStringSchema;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TransactionalIdAuthorizationException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Flink's KafkaSource, KafkaSink and SQL connector against a broker: Flink HOST:PORT */
final class Flink {
    private static final Duration PATIENCE = Duration.ofSeconds(150);
    private static String broker;
    private static Admin admin;

    private static String created() throws Exception {
        String topic = Harness.fresh("flink");
        admin.createTopics(List.of(new NewTopic(topic, 2, (short) 1), new NewTopic(topic + ".out", 2, (short) 1))).all().get();
        return topic;
    }

    private static void write(String topic, int first, int last) throws Exception {
        Map<String, Object> settings = Map.of("bootstrap.servers", broker);
        try (var producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
            for (int number = first; number <= last; number++) {
                producer.send(new ProducerRecord<>(topic, String.valueOf(number), String.valueOf(number))).get();
            }
        }
    }

    /** The distinct values of a topic, as numbers. */
    private static Set<Integer> numbers(String topic) {
        Set<Integer> found = new TreeSet<>();
        Map<String, Object> settings = Map.of("bootstrap.servers", broker);
        try (var consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            var partitions = List.of(new TopicPartition(topic, 0), new TopicPartition(topic, 1));
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            var ends = consumer.endOffsets(partitions);
            while (partitions.stream().anyMatch(partition -> consumer.position(partition) < ends.get(partition))) {
                consumer.poll(Duration.ofMillis(200)).forEach(record -> found.add(Integer.valueOf(record.value())));
            }
        }
        return found;
    }

    private static Set<Integer> upTo(int last) {
        return IntStream.rangeClosed(1, last).boxed().collect(Collectors.toCollection(TreeSet::new));
    }

    private static StreamExecutionEnvironment environment(Map<String, String> settings) {
        var environment = StreamExecutionEnvironment.getExecutionEnvironment(Configuration.fromMap(settings));
        environment.setParallelism(2);
        return environment;
    }

    private static List<String> readOnce(String topic, OffsetsInitializer from) throws Exception {
        var source = KafkaSource.<String>builder().setBootstrapServers(broker).setTopics(topic).setStartingOffsets(from)
            .setBounded(OffsetsInitializer.latest()).setValueOnlyDeserializer(new SimpleStringSchema()).build();
        List<String> found = new ArrayList<>();
        var stream = environment(Map.of()).fromSource(source, WatermarkStrategy.noWatermarks(), "source");
        stream.executeAndCollect().forEachRemaining(found::add);
        return found;
    }

    private static void bounded() throws Exception {
        String topic = created();
        write(topic, 1, 40);
        Harness.same(readOnce(topic, OffsetsInitializer.earliest()).size(), 40);
        Thread.sleep(100);
        long between = System.currentTimeMillis();
        write(topic, 41, 50);
        Harness.same(readOnce(topic, OffsetsInitializer.timestamp(between)).size(), 10);
    }

    /** Copies a topic for ever, with a checkpoint now and then; goes on from the last one that is whole. */
    private static JobClient copies(String topic, Path checkpoints, DeliveryGuarantee guarantee) throws Exception {
        Map<String, String> settings = new java.util.HashMap<>(Map.of(
            "execution.checkpointing.interval", "300ms", "execution.checkpointing.dir", checkpoints.toUri().toString(),
            "execution.checkpointing.externalized-checkpoint-retention", "RETAIN_ON_CANCELLATION", "restart-strategy.type", "none"));
        last(checkpoints).ifPresent(path -> settings.put("execution.state-recovery.path", path.toUri().toString()));
        var environment = environment(settings);
        var source = KafkaSource.<String>builder().setBootstrapServers(broker).setTopics(topic).setGroupId(topic)
            .setStartingOffsets(OffsetsInitializer.earliest()).setValueOnlyDeserializer(new SimpleStringSchema()).build();
        var record = KafkaRecordSerializationSchema.<String>builder().setTopic(topic + ".out")
            .setValueSerializationSchema(new SimpleStringSchema()).build();
        var sink = KafkaSink.<String>builder().setBootstrapServers(broker).setRecordSerializer(record)
            .setDeliveryGuarantee(guarantee).setTransactionalIdPrefix(topic)
            .setProperty("transaction.timeout.ms", "60000").build();
        environment.fromSource(source, WatermarkStrategy.noWatermarks(), "source").uid("source").sinkTo(sink).uid("sink");
        return environment.executeAsync("copy");
    }

    private static java.util.Optional<Path> last(Path checkpoints) throws IOException {
        if (!Files.exists(checkpoints)) {
            return java.util.Optional.empty();
        }
        try (var files = Files.walk(checkpoints)) {
            return files.filter(file -> file.endsWith("_metadata")).map(Path::getParent)
                .max(Comparator.comparing(folder -> folder.toFile().lastModified()));
        }
    }

    private static void killed(Path checkpoints) throws Exception {
        String topic = created();
        write(topic, 1, 50);
        var job = Harness.another(Flink.class, broker, topic, checkpoints.toString());
        Harness.until("the first 50", PATIENCE, () -> numbers(topic + ".out").size() >= 50);
        write(topic, 51, 100);
        Harness.until("offsets committed with a checkpoint", PATIENCE, () -> committed(topic) >= 50);
        job.destroyForcibly().waitFor();
        write(topic, 101, 120);
        Harness.same(last(checkpoints).isPresent(), true);
        var again = copies(topic, checkpoints, DeliveryGuarantee.AT_LEAST_ONCE);
        Harness.until("all 120", PATIENCE, () -> numbers(topic + ".out").equals(upTo(120)));
        again.cancel().get();
    }

    private static long committed(String group) {
        try {
            return admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().values().stream()
                .mapToLong(found -> found.offset()).sum();
        } catch (Exception error) {
            throw new IllegalStateException(error);
        }
    }

    private static void exactlyOnce(Path checkpoints) throws Exception {
        String topic = created();
        write(topic, 1, 5);
        var job = copies(topic, checkpoints, DeliveryGuarantee.EXACTLY_ONCE);
        var ended = job.getJobExecutionResult();
        Harness.until("five, or the job's end", PATIENCE, () -> ended.isDone() || numbers(topic + ".out").equals(upTo(5)));
        if (ended.isDone()) {
            ended.get();
        }
        job.cancel().get();
    }

    private static void sql() throws Exception {
        String topic = created();
        write(topic, 1, 30);
        var tables = TableEnvironment.create(EnvironmentSettings.inStreamingMode());
        String kafka = "'connector'='kafka','properties.bootstrap.servers'='" + broker + "','format'='raw',";
        tables.executeSql("create table numbers (n string) with (" + kafka + "'topic'='" + topic
            + "','scan.startup.mode'='earliest-offset','scan.bounded.mode'='latest-offset')");
        tables.executeSql("create table doubled (n string) with (" + kafka + "'topic'='" + topic + ".out')");
        tables.executeSql("insert into doubled select cast(2 * cast(n as int) as string) from numbers").await();
        Harness.same(numbers(topic + ".out"), upTo(30).stream().map(number -> 2 * number).collect(Collectors.toSet()));
    }

    public static void main(String[] arguments) throws Exception {
        broker = arguments[0];
        if (arguments.length == 3) {
            copies(arguments[1], Path.of(arguments[2]), DeliveryGuarantee.AT_LEAST_ONCE);
            return;
        }
        admin = Admin.create(Map.of("bootstrap.servers", broker));
        Path folder = Files.createTempDirectory("flink");
        Harness.attempt("source: all of a topic, from a time", Flink::bounded);
        Harness.attempt("source to sink killed, goes on from its checkpoint", () -> killed(folder.resolve("checkpoints")));
        Harness.attempt("SQL: from a topic into a topic", Flink::sql);
        Harness.attempt("exactly once (transactions)", () -> Harness.refusable(TransactionalIdAuthorizationException.class,
            () -> exactlyOnce(folder.resolve("exactly"))));
        try (var files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
        }
        System.exit(0);
    }
}
