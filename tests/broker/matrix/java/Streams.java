import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.TransactionalIdAuthorizationException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.apache.kafka.common.serialization.LongDeserializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.processor.StateRestoreListener;

/**
 * Kafka Streams, at least once, against a broker: Streams HOST:PORT. Words are counted by their first letter (a repartition topic), in a
 * store (a compacted changelog) and in a store with windows (compact,delete).
 */
final class Streams {
    private static final Duration PATIENCE = Duration.ofSeconds(120);
    private static String broker;
    private static Admin admin;

    private static StreamsBuilder topology(String app) {
        var builder = new StreamsBuilder();
        var letters = builder.<String, String>stream(app + ".in").selectKey((key, word) -> word.substring(0, 1)).groupByKey();
        letters.windowedBy(TimeWindows.ofSizeWithNoGrace(Duration.ofMinutes(1))).count(Materialized.as("windows"));
        letters.count(Materialized.as("counts")).toStream().to(app + ".out", Produced.with(Serdes.String(), Serdes.Long()));
        return builder;
    }

    private static KafkaStreams streams(String app, String state, Map<String, Object> more) {
        var settings = new Properties();
        settings.putAll(Map.of("bootstrap.servers", broker, "application.id", app, "state.dir", state,
            "default.key.serde", Serdes.StringSerde.class, "default.value.serde", Serdes.StringSerde.class,
            "commit.interval.ms", 200, "auto.offset.reset", "earliest", "session.timeout.ms", 6000, "num.stream.threads", 2));
        settings.putAll(more);
        var streams = new KafkaStreams(topology(app).build(settings), settings);
        streams.setUncaughtExceptionHandler(error -> StreamThreadExceptionResponse.SHUTDOWN_CLIENT);
        return streams;
    }

    private static void says(String app, int rounds) throws Exception {
        try (var producer = new KafkaProducer<>(Map.<String, Object>of("bootstrap.servers", broker), new StringSerializer(), new StringSerializer())) {
            for (int round = 0; round < rounds; round++) {
                for (String word : List.of("apple", "bean", "citron", "date")) {
                    producer.send(new ProducerRecord<>(app + ".in", word)).get();
                }
            }
        }
    }

    /** The last count of each letter. */
    private static Map<String, Long> counts(String app) {
        Map<String, Object> settings = Map.of("bootstrap.servers", broker, "auto.offset.reset", "earliest");
        Map<String, Long> counts = new HashMap<>();
        try (var consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new LongDeserializer())) {
            var partition = new TopicPartition(app + ".out", 0);
            consumer.assign(List.of(partition));
            long end = consumer.endOffsets(List.of(partition)).get(partition);
            while (consumer.position(partition) < end) {
                consumer.poll(Duration.ofMillis(200)).forEach(found -> counts.put(found.key(), found.value()));
            }
        }
        return counts;
    }

    private static boolean each(String app, long count) {
        var found = counts(app);
        return found.size() == 4 && found.values().stream().allMatch(value -> value >= count);
    }

    private static String policy(String topic) throws Exception {
        var resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        return admin.describeConfigs(List.of(resource)).all().get().get(resource).get("cleanup.policy").value();
    }

    private static void internalTopics(String app) throws Exception {
        Harness.same(policy(app + "-counts-changelog"), "compact");
        Harness.same(Arrays.stream(policy(app + "-windows-changelog").split(",")).sorted().toList(), List.of("compact", "delete"));
        var repartition = admin.listTopics().names().get().stream()
            .filter(name -> name.startsWith(app) && name.endsWith("-repartition")).toList();
        Harness.same(repartition.size(), 2);
        for (String topic : repartition) {
            Harness.same(policy(topic), "delete");
        }
    }

    private static String created() throws Exception {
        String app = Harness.fresh("streams");
        admin.createTopics(List.of(new NewTopic(app + ".in", 2, (short) 1), new NewTopic(app + ".out", 1, (short) 1))).all().get();
        return app;
    }

    /** An instance of its own is killed in the middle; one without its files goes on. */
    private static void killed(String app, String state) throws Exception {
        says(app, 50);
        var instance = Harness.another(Streams.class, broker, app, state);
        Harness.until("50 of each letter", PATIENCE, () -> each(app, 50));
        says(app, 25);
        instance.destroyForcibly().waitFor();
        try (var files = Files.walk(Path.of(state))) {
            files.sorted(java.util.Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
        }
        says(app, 25);
        var restored = new AtomicLong();
        var streams = streams(app, state, Map.of());
        streams.setGlobalStateRestoreListener(new StateRestoreListener() {
            @Override public void onRestoreStart(TopicPartition partition, String store, long first, long last) { }
            @Override public void onBatchRestored(TopicPartition partition, String store, long last, long count) { }
            @Override public void onRestoreEnd(TopicPartition partition, String store, long total) {
                restored.addAndGet(total);
            }
        });
        try (streams) {
            streams.start();
            Harness.until("100 of each letter", PATIENCE, () -> each(app, 100));
            Harness.same(restored.get() > 0, true);
        }
    }

    /** Two instances share the work, and one does it alone again. */
    private static void scaled(String app, String folder) throws Exception {
        long before = counts(app).values().stream().mapToLong(count -> count).min().orElseThrow();
        try (var first = streams(app, folder + "/first", Map.of())) {
            first.start();
            try (var second = streams(app, folder + "/second", Map.of())) {
                second.start();
                Harness.until("tasks for both", PATIENCE, () -> tasks(first) > 0 && tasks(second) > 0);
            }
            says(app, 10);
            Harness.until("10 more of each letter", PATIENCE, () -> each(app, before + 10));
        }
    }

    private static long tasks(KafkaStreams streams) {
        return streams.metadataForLocalThreads().stream().mapToLong(thread -> thread.activeTasks().size()).sum();
    }

    /** Runs until it has counted, or its threads end with an error, which is thrown. */
    private static void counts(Map<String, Object> more, String folder) throws Exception {
        String app = created();
        says(app, 1);
        var said = new Throwable[1];
        try (var streams = streams(app, folder, more)) {
            streams.setUncaughtExceptionHandler(error -> {
                said[0] = error;
                return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
            });
            streams.start();
            Harness.until("a count", PATIENCE, () -> said[0] != null || each(app, 1));
        }
        if (said[0] != null) {
            throw new IllegalStateException(said[0]);
        }
    }

    public static void main(String[] arguments) throws Exception {
        broker = arguments[0];
        if (arguments.length == 3) {
            streams(arguments[1], arguments[2], Map.of()).start();
            return;
        }
        admin = Admin.create(Map.of("bootstrap.servers", broker));
        String folder = Files.createTempDirectory("streams").toString();
        String app = created();
        Harness.attempt("killed; its state is restored from its changelogs", () -> killed(app, folder + "/one"));
        Harness.attempt("repartition topic, compacted changelogs", () -> internalTopics(app));
        Harness.attempt("a second instance comes and goes", () -> scaled(app, folder));
        Harness.attempt("exactly once (transactions)", () -> Harness.refusable(TransactionalIdAuthorizationException.class,
            () -> counts(Map.of("processing.guarantee", "exactly_once_v2"), folder + "/exactly")));
        Harness.attempt("streams groups (KIP-1071)", () -> Harness.refusable(UnsupportedVersionException.class,
            () -> counts(Map.of("group.protocol", "streams"), folder + "/newer")));
        try (var files = Files.walk(Path.of(folder))) {
            files.sorted(java.util.Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
        }
        System.exit(0);
    }
}
