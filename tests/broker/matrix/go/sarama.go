package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/IBM/sarama"
)

var saramas = []operation{
	{"list topics", saramaLists},
	{"five compressions", saramaCodecs},
	{"key, headers, null, time", saramaRecord},
	{"from a time", saramaTime},
	{"group: range", saramaGroup},
	{"commit, resume, lag", saramaCommit},
	{"too large a message", saramaTooLarge},
	{"administration", saramaAdmin},
	{"transactions", saramaTransaction},
	{"ACLs", saramaACLs},
}

func saramaConfig() *sarama.Config {
	config := sarama.NewConfig()
	config.Version = sarama.V3_6_0_0
	config.Producer.Return.Successes = true
	config.Producer.MaxMessageBytes = 3_000_000
	config.Consumer.Offsets.Initial = sarama.OffsetOldest
	config.Consumer.Offsets.AutoCommit.Enable = false
	return config
}

func saramaTopic(word string, config map[string]*string) (string, error) {
	admin, err := sarama.NewClusterAdmin([]string{broker}, saramaConfig())
	if err != nil {
		return "", err
	}
	defer admin.Close()
	name := fresh(word)
	return name, admin.CreateTopic(name, &sarama.TopicDetail{NumPartitions: 1, ReplicationFactor: 1, ConfigEntries: config}, false)
}

func saramaProduce(config *sarama.Config, messages ...*sarama.ProducerMessage) error {
	producer, err := sarama.NewSyncProducer([]string{broker}, config)
	if err != nil {
		return err
	}
	defer producer.Close()
	return producer.SendMessages(messages)
}

func saramaMessages(topic string, count int) (messages []*sarama.ProducerMessage) {
	for number := range count {
		messages = append(messages, &sarama.ProducerMessage{Topic: topic, Value: sarama.StringEncoder(fmt.Sprint(number))})
	}
	return messages
}

func saramaTake(topic string, count int) (found []*sarama.ConsumerMessage, err error) {
	consumer, err := sarama.NewConsumer([]string{broker}, saramaConfig())
	if err != nil {
		return nil, err
	}
	defer consumer.Close()
	partition, err := consumer.ConsumePartition(topic, 0, sarama.OffsetOldest)
	if err != nil {
		return nil, err
	}
	defer partition.Close()
	for late := time.After(20 * time.Second); len(found) < count; {
		select {
		case message := <-partition.Messages():
			found = append(found, message)
		case <-late:
			return found, fmt.Errorf("%d messages of %d", len(found), count)
		}
	}
	return found, nil
}

func saramaLists() error {
	name, err := saramaTopic("listed", nil)
	if err != nil {
		return err
	}
	admin, err := sarama.NewClusterAdmin([]string{broker}, saramaConfig())
	if err != nil {
		return err
	}
	defer admin.Close()
	topics, err := admin.ListTopics()
	_, found := topics[name]
	return errors.Join(err, same(found, true))
}

func saramaCodecs() error {
	name, err := saramaTopic("codecs", nil)
	for codec := sarama.CompressionNone; codec <= sarama.CompressionZSTD; codec++ {
		config := saramaConfig()
		config.Producer.Compression = codec
		err = errors.Join(err, saramaProduce(config, saramaMessages(name, 20)...))
	}
	if err != nil {
		return err
	}
	_, err = saramaTake(name, 100)
	return err
}

func saramaRecord() error {
	name, err := saramaTopic("record", nil)
	if err != nil {
		return err
	}
	message := &sarama.ProducerMessage{Topic: name, Key: sarama.StringEncoder("k"), Timestamp: time.UnixMilli(1700000000000)}
	message.Headers = []sarama.RecordHeader{{Key: []byte("h"), Value: []byte("1")}}
	if err := saramaProduce(saramaConfig(), message); err != nil {
		return err
	}
	found, err := saramaTake(name, 1)
	if err != nil {
		return err
	}
	one := found[0]
	said := fmt.Sprintf("%s %t %s %d", one.Key, one.Value == nil, one.Headers[0].Key, one.Timestamp.UnixMilli())
	return same(said, "k true h 1700000000000")
}

func saramaTime() error {
	name, err := saramaTopic("time", nil)
	if err != nil {
		return err
	}
	messages := saramaMessages(name, 10)
	for number, message := range messages {
		message.Timestamp = time.UnixMilli(1700000000000 + int64(number)*1000)
	}
	if err := saramaProduce(saramaConfig(), messages...); err != nil {
		return err
	}
	client, err := sarama.NewClient([]string{broker}, saramaConfig())
	if err != nil {
		return err
	}
	defer client.Close()
	offset, err := client.GetOffset(name, 0, 1700000004500)
	return errors.Join(err, same(offset, 5))
}

// saramaMember takes messages and marks the first `commits` of them.
type saramaMember struct {
	want, commits int
	found         []*sarama.ConsumerMessage
	stop          context.CancelFunc
}

func (*saramaMember) Setup(sarama.ConsumerGroupSession) error   { return nil }
func (*saramaMember) Cleanup(sarama.ConsumerGroupSession) error { return nil }
func (member *saramaMember) ConsumeClaim(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	for message := range claim.Messages() {
		member.found = append(member.found, message)
		if len(member.found) == member.commits {
			session.MarkMessage(message, "")
			session.Commit()
		}
		if len(member.found) == member.want {
			member.stop()
			return nil
		}
	}
	return nil
}

func saramaInGroup(group, topic string, want, commits int) ([]*sarama.ConsumerMessage, error) {
	consumer, err := sarama.NewConsumerGroup([]string{broker}, group, saramaConfig())
	if err != nil {
		return nil, err
	}
	defer consumer.Close()
	ctx, stop := context.WithTimeout(context.Background(), 30*time.Second)
	defer stop()
	member := &saramaMember{want: want, commits: commits, stop: stop}
	err = consumer.Consume(ctx, []string{topic}, member)
	return member.found, errors.Join(err, same(len(member.found) >= want, true))
}

func saramaGroup() error {
	name, err := saramaTopic("group", nil)
	err = errors.Join(err, saramaProduce(saramaConfig(), saramaMessages(name, 10)...))
	_, took := saramaInGroup(fresh("group"), name, 10, 10)
	return errors.Join(err, took)
}

func saramaCommit() error {
	name, err := saramaTopic("commit", nil)
	err = errors.Join(err, saramaProduce(saramaConfig(), saramaMessages(name, 10)...))
	group := fresh("group")
	_, took := saramaInGroup(group, name, 4, 4)
	if err := errors.Join(err, took); err != nil {
		return err
	}
	found, took := saramaInGroup(group, name, 1, 0)
	if took != nil {
		return took
	}
	admin, err := sarama.NewClusterAdmin([]string{broker}, saramaConfig())
	if err != nil {
		return err
	}
	defer admin.Close()
	return errors.Join(same(found[0].Offset, 4), admin.DeleteConsumerGroup(group))
}

func saramaTooLarge() error {
	most := "1000"
	name, err := saramaTopic("large", map[string]*string{"max.message.bytes": &most})
	if err != nil {
		return err
	}
	err = saramaProduce(saramaConfig(), &sarama.ProducerMessage{Topic: name, Value: sarama.ByteEncoder(make([]byte, 2000))})
	var failed sarama.ProducerErrors
	return same(errors.As(err, &failed) && errors.Is(failed[0].Err, sarama.ErrMessageSizeTooLarge), true)
}

func saramaAdmin() error {
	name, err := saramaTopic("admin", nil)
	if err != nil {
		return err
	}
	admin, err := sarama.NewClusterAdmin([]string{broker}, saramaConfig())
	if err != nil {
		return err
	}
	defer admin.Close()
	minute := "60000"
	err = errors.Join(
		admin.AlterConfig(sarama.TopicResource, name, map[string]*string{"retention.ms": &minute}, false),
		admin.CreatePartitions(name, 3, nil, false),
	)
	logs, described := admin.DescribeLogDirs([]int32{1})
	return errors.Join(err, described, same(len(logs), 1), admin.DeleteTopic(name))
}

func saramaTransaction() error {
	config := saramaConfig()
	config.Producer.Idempotent = true
	config.Producer.RequiredAcks = sarama.WaitForAll
	config.Producer.Transaction.ID = fresh("transaction")
	config.Net.MaxOpenRequests = 1
	producer, err := sarama.NewSyncProducer([]string{broker}, config)
	if err != nil {
		return refused{err}
	}
	defer producer.Close()
	return nil
}

func saramaACLs() error {
	admin, err := sarama.NewClusterAdmin([]string{broker}, saramaConfig())
	if err != nil {
		return err
	}
	defer admin.Close()
	acl := sarama.Acl{Principal: "User:x", Host: "*", Operation: sarama.AclOperationRead, PermissionType: sarama.AclPermissionAllow}
	if err := admin.CreateACL(sarama.Resource{ResourceType: sarama.AclResourceTopic, ResourceName: "t", ResourcePatternType: sarama.AclPatternLiteral}, acl); err != nil {
		return refused{err}
	}
	return nil
}
