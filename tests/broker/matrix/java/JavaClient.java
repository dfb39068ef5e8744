import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.clients.consumer.RangeAssignor;
import org.apache.kafka.clients.consumer.RoundRobinAssignor;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.SecurityDisabledException;
import org.apache.kafka.common.errors.TransactionalIdAuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** The Java client of Apache Kafka 4 as code, against a broker: JavaClient HOST:PORT */
final class JavaClient {
    private static final long TIME = 1_700_000_000_000L;
    private static String broker;
    private static Admin admin;

    private static String topic(String word, int partitions, Map<String, String> config) throws Exception {
        String name = Harness.fresh(word);
        admin.createTopics(List.of(new NewTopic(name, partitions, (short) 1).configs(config))).all().get();
        return name;
    }

    private static Map<String, Object> with(Map<String, Object> settings) {
        Map<String, Object> all = new HashMap<>(Map.of("bootstrap.servers", broker, "request.timeout.ms", 15_000, "default.api.timeout.ms", 20_000));
        all.putAll(settings);
        return all;
    }

    private static KafkaProducer<String, String> producer(Map<String, Object> settings) {
        return new KafkaProducer<>(with(settings), new StringSerializer(), new StringSerializer());
    }

    private static KafkaConsumer<String, String> consumer(Map<String, Object> settings) {
        Map<String, Object> all = new HashMap<>(Map.of("auto.offset.reset", "earliest", "enable.auto.commit", false));
        all.putAll(settings);
        return new KafkaConsumer<>(with(all), new StringDeserializer(), new StringDeserializer());
    }

    private static void produce(String topic, int count, Map<String, Object> settings) throws Exception {
        try (var producer = producer(settings)) {
            List<java.util.concurrent.Future<?>> sent = new ArrayList<>();
            for (int number = 0; number < count; number++) {
                sent.add(producer.send(new ProducerRecord<>(topic, "key" + number, String.valueOf(number).repeat(20))));
            }
            for (var one : sent) {
                one.get();
            }
        }
    }

    private static List<ConsumerRecord<String, String>> take(KafkaConsumer<String, String> consumer, int count) {
        List<ConsumerRecord<String, String>> found = new ArrayList<>();
        long end = System.currentTimeMillis() + 20_000;
        while (found.size() < count && System.currentTimeMillis() < end) {
            consumer.poll(Duration.ofMillis(200)).forEach(found::add);
        }
        Harness.same(found.size(), count);
        return found;
    }

    private static void compressions() throws Exception {
        String topic = topic("codecs", 1, Map.of());
        for (String codec : List.of("none", "gzip", "snappy", "lz4", "zstd")) {
            produce(topic, 50, Map.of("compression.type", codec));
        }
        try (var consumer = consumer(Map.of())) {
            consumer.assign(List.of(new TopicPartition(topic, 0)));
            take(consumer, 250);
        }
    }

    private static void wholeRecord() throws Exception {
        String topic = topic("record", 1, Map.of());
        try (var producer = producer(Map.of()); var consumer = consumer(Map.of())) {
            var header = new RecordHeader("h", "1".getBytes(StandardCharsets.UTF_8));
            producer.send(new ProducerRecord<>(topic, 0, TIME, "k", null, List.of(header))).get();
            consumer.assign(List.of(new TopicPartition(topic, 0)));
            var found = take(consumer, 1).get(0);
            Harness.same(List.of(found.key(), found.timestamp(), found.headers().lastHeader("h")), List.of("k", TIME, header));
            Harness.same(found.value(), null);
        }
    }

    private static void fromTheEndAndATime() throws Exception {
        String topic = topic("where", 1, Map.of());
        var partition = new TopicPartition(topic, 0);
        try (var producer = producer(Map.of()); var consumer = consumer(Map.of())) {
            for (int number = 0; number < 10; number++) {
                producer.send(new ProducerRecord<>(topic, 0, TIME + number * 1000L, null, "v")).get();
            }
            Harness.same(consumer.offsetsForTimes(Map.of(partition, TIME + 4500)).get(partition).offset(), 5L);
            consumer.assign(List.of(partition));
            consumer.seekToEnd(List.of(partition));
            Harness.same(consumer.position(partition), 10L);
            producer.send(new ProducerRecord<>(topic, 0, null, null, "new")).get();
            Harness.same(take(consumer, 1).get(0).value(), "new");
        }
    }

    private static void group(Class<?> assignor, boolean isStatic) throws Exception {
        String topic = topic("group", 4, Map.of());
        Map<String, Object> settings = new HashMap<>(Map.of("group.id", topic, "partition.assignment.strategy", assignor.getName()));
        settings.put("group.instance.id", isStatic ? "first" : null);
        var first = consumer(settings);
        settings.put("group.instance.id", isStatic ? "second" : null);
        try (var second = consumer(settings)) {
            first.subscribe(Set.of(topic));
            second.subscribe(Set.of(topic));
            Duration moment = Duration.ofMillis(100);
            Harness.until("two partitions each", Duration.ofSeconds(40), () -> {
                first.poll(moment);
                second.poll(moment);
                return first.assignment().size() == 2 && second.assignment().size() == 2;
            });
            first.close();
            if (!isStatic) {
                Harness.until("all partitions for who is left", Duration.ofSeconds(40), () -> {
                    second.poll(moment);
                    return second.assignment().size() == 4;
                });
            }
        } finally {
            first.close();
        }
    }

    private static void commitResumeLag() throws Exception {
        String topic = topic("commit", 1, Map.of());
        var partition = new TopicPartition(topic, 0);
        produce(topic, 10, Map.of());
        Map<String, Object> settings = Map.of("group.id", topic, "max.poll.records", 4);
        try (var consumer = consumer(settings)) {
            consumer.subscribe(Set.of(topic));
            take(consumer, 4);
            consumer.commitSync();
            Harness.same(consumer.currentLag(partition).orElse(-1), 6L);
        }
        try (var consumer = consumer(settings)) {
            consumer.subscribe(Set.of(topic));
            Harness.same(take(consumer, 4).get(0).offset(), 4L);
        }
        Map<TopicPartition, OffsetAndMetadata> committed =
            admin.listConsumerGroupOffsets(topic).partitionsToOffsetAndMetadata().get();
        Harness.same(committed.get(partition).offset(), 4L);
        admin.deleteConsumerGroups(List.of(topic)).all().get();
    }

    private static void outOfRange() throws Exception {
        String topic = topic("range", 1, Map.of());
        try (var consumer = consumer(Map.of("auto.offset.reset", "none"))) {
            consumer.assign(List.of(new TopicPartition(topic, 0)));
            consumer.seek(new TopicPartition(topic, 0), 100);
            Harness.fails(OffsetOutOfRangeException.class, () -> take(consumer, 1));
        }
    }

    private static void administration() throws Exception {
        String topic = topic("admin", 1, Map.of("cleanup.policy", "compact"));
        var resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(3))).all().get();
        Collection<AlterConfigOp> set = List.of(new AlterConfigOp(new ConfigEntry("retention.ms", "60000"), AlterConfigOp.OpType.SET));
        admin.incrementalAlterConfigs(Map.of(resource, set)).all().get();
        // Apache Kafka's broker hears of it from its controller.
        Harness.until("retention.ms=60000", Duration.ofSeconds(20), () -> "60000".equals(retention(resource)));
        Harness.same(admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions().size(), 3);
        var partition = new TopicPartition(topic, 0);
        Harness.same(admin.listOffsets(Map.of(partition, OffsetSpec.latest())).partitionResult(partition).get().offset(), 0L);
        Harness.same(admin.describeCluster().nodes().get().size(), 1);
        admin.describeFeatures().featureMetadata().get();
        admin.deleteTopics(List.of(topic)).all().get();
    }

    private static String retention(ConfigResource topic) {
        try {
            return admin.describeConfigs(List.of(topic)).all().get().get(topic).get("retention.ms").value();
        } catch (Exception error) {
            throw new IllegalStateException(error);
        }
    }

    private static void transactions() throws Exception {
        String topic = topic("transaction", 1, Map.of());
        try (var producer = producer(Map.of("transactional.id", topic))) {
            Harness.refusable(TransactionalIdAuthorizationException.class, () -> {
                producer.initTransactions();
                producer.beginTransaction();
                producer.send(new ProducerRecord<>(topic, "v"));
                producer.commitTransaction();
            });
        }
    }

    private static void newerGroups() throws Exception {
        String topic = topic("newer", 1, Map.of());
        produce(topic, 1, Map.of());
        try (var consumer = consumer(Map.of("group.protocol", "consumer", "group.id", topic))) {
            consumer.subscribe(Set.of(topic));
            Harness.refusable(UnsupportedVersionException.class, () -> take(consumer, 1));
        }
    }

    private static void shareGroups() throws Exception {
        String topic = topic("share", 1, Map.of());
        var settings = with(Map.of("group.id", topic));
        try (var consumer = new KafkaShareConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            consumer.subscribe(Set.of(topic));
            Harness.refusable(UnsupportedVersionException.class, () -> {
                // Whoever joins begins with what comes then.
                long end = System.currentTimeMillis() + 30_000;
                while (consumer.poll(Duration.ofMillis(500)).isEmpty()) {
                    produce(topic, 1, Map.of());
                    Harness.same(System.currentTimeMillis() < end, true);
                }
            });
        }
    }

    public static void main(String[] arguments) throws Exception {
        broker = arguments[0];
        admin = Admin.create(with(Map.of()));
        Harness.attempt("list topics", () -> {
            String topic = topic("listed", 1, Map.of());
            Harness.same(admin.listTopics().names().get().contains(topic), true);
        });
        Harness.attempt("topic made on first use", () -> produce(Harness.fresh("first"), 1, Map.of()));
        Harness.attempt("five compressions", JavaClient::compressions);
        Harness.attempt("key, headers, null, time", JavaClient::wholeRecord);
        Harness.attempt("from the end", JavaClient::fromTheEndAndATime);
        Harness.attempt("from a time", JavaClient::fromTheEndAndATime);
        Harness.attempt("group: range", () -> group(RangeAssignor.class, false));
        Harness.attempt("group: round robin", () -> group(RoundRobinAssignor.class, false));
        Harness.attempt("group: cooperative", () -> group(CooperativeStickyAssignor.class, false));
        Harness.attempt("group: static members", () -> group(RangeAssignor.class, true));
        Harness.attempt("commit, resume, lag", JavaClient::commitResumeLag);
        Harness.attempt("unknown topic", () -> Harness.fails(UnknownTopicOrPartitionException.class,
            () -> admin.describeTopics(List.of(Harness.fresh("unknown"))).allTopicNames().get()));
        Harness.attempt("impossible topic", () -> Harness.fails(InvalidTopicException.class,
            () -> admin.createTopics(List.of(new NewTopic("../x", Optional.of(1), Optional.empty()))).all().get()));
        Harness.attempt("too large a message", () -> {
            String topic = topic("large", 1, Map.of("max.message.bytes", "1000"));
            try (var producer = producer(Map.of())) {
                Harness.fails(RecordTooLargeException.class,
                    () -> producer.send(new ProducerRecord<>(topic, "x".repeat(2000))).get());
            }
        });
        Harness.attempt("offset out of range", JavaClient::outOfRange);
        Harness.attempt("administration", JavaClient::administration);
        Harness.attempt("transactions", JavaClient::transactions);
        Harness.attempt("newer groups (KIP-848)", JavaClient::newerGroups);
        Harness.attempt("share groups (KIP-932)", JavaClient::shareGroups);
        Harness.attempt("ACLs", () -> Harness.refusable(SecurityDisabledException.class,
            () -> admin.describeAcls(AclBindingFilter.ANY).values().get()));
        // A refused client may not be able to say goodbye.
        System.exit(0);
    }
}
