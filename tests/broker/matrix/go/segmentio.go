package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/segmentio/kafka-go"
)

var segmentio = []operation{
	{"list topics", segmentioLists},
	{"topic made on first use", segmentioFirstUse},
	{"five compressions", segmentioCodecs},
	{"key, headers, null, time", segmentioRecord},
	{"from a time", segmentioTime},
	{"group: range", segmentioGroup},
	{"commit, resume, lag", segmentioCommit},
	{"low-level requests", segmentioRequests},
	{"too large a message", segmentioTooLarge},
	{"ACLs", segmentioACLs},
}

func segmentioClient() *kafka.Client {
	address, err := net.ResolveTCPAddr("tcp", broker)
	if err != nil {
		panic(err)
	}
	return &kafka.Client{Addr: address, Timeout: 20 * time.Second}
}

func segmentioTopic(word string, config ...kafka.ConfigEntry) (string, error) {
	name := fresh(word)
	topic := kafka.TopicConfig{Topic: name, NumPartitions: 1, ReplicationFactor: 1, ConfigEntries: config}
	response, err := segmentioClient().CreateTopics(soon(), &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{topic}})
	if err != nil {
		return name, err
	}
	return name, response.Errors[name]
}

func segmentioWrite(writer *kafka.Writer, messages ...kafka.Message) error {
	writer.Addr, writer.BatchTimeout, writer.RequiredAcks = kafka.TCP(broker), 5*time.Millisecond, kafka.RequireAll
	writer.BatchBytes = 3_000_000
	defer writer.Close()
	return writer.WriteMessages(soon(), messages...)
}

func segmentioMessages(count int) (messages []kafka.Message) {
	for number := range count {
		messages = append(messages, kafka.Message{Value: fmt.Appendf(nil, "%d", number)})
	}
	return messages
}

func segmentioTake(config kafka.ReaderConfig, count int, commit bool) (found []kafka.Message, err error) {
	config.Brokers, config.MaxWait, config.StartOffset = []string{broker}, 100*time.Millisecond, kafka.FirstOffset
	reader := kafka.NewReader(config)
	defer reader.Close()
	for ctx := soon(); len(found) < count; {
		message, err := reader.FetchMessage(ctx)
		if err != nil {
			return found, err
		}
		found = append(found, message)
	}
	if commit {
		err = reader.CommitMessages(soon(), found...)
	}
	return found, err
}

func segmentioLists() error {
	name, err := segmentioTopic("listed")
	if err != nil {
		return err
	}
	metadata, err := segmentioClient().Metadata(soon(), &kafka.MetadataRequest{Topics: []string{name}})
	if err != nil {
		return err
	}
	return same(metadata.Topics[0].Name, name)
}

func segmentioFirstUse() error {
	name := fresh("first-use")
	var err error
	// The client gives up at once where the topic is still being made, as Apache Kafka does it beside the request.
	for range 20 {
		if err = segmentioWrite(&kafka.Writer{Topic: name, AllowAutoTopicCreation: true}, segmentioMessages(1)...); err == nil {
			break
		}
		time.Sleep(200 * time.Millisecond)
	}
	if err != nil {
		return err
	}
	metadata, err := segmentioClient().Metadata(soon(), &kafka.MetadataRequest{Topics: []string{name}})
	if err != nil {
		return err
	}
	return same(len(metadata.Topics[0].Partitions), 3)
}

func segmentioCodecs() error {
	name, err := segmentioTopic("codecs")
	for codec := kafka.Compression(0); codec <= kafka.Zstd; codec++ {
		err = errors.Join(err, segmentioWrite(&kafka.Writer{Topic: name, Compression: codec}, segmentioMessages(20)...))
	}
	if err != nil {
		return err
	}
	_, err = segmentioTake(kafka.ReaderConfig{Topic: name}, 100, false)
	return err
}

func segmentioRecord() error {
	name, err := segmentioTopic("record")
	if err != nil {
		return err
	}
	message := kafka.Message{Key: []byte("k"), Headers: []kafka.Header{{Key: "h", Value: []byte("1")}}, Time: time.UnixMilli(1700000000000)}
	if err := segmentioWrite(&kafka.Writer{Topic: name}, message); err != nil {
		return err
	}
	found, err := segmentioTake(kafka.ReaderConfig{Topic: name}, 1, false)
	if err != nil {
		return err
	}
	one := found[0]
	return same(fmt.Sprintf("%s %d %s %d", one.Key, len(one.Value), one.Headers[0].Key, one.Time.UnixMilli()), "k 0 h 1700000000000")
}

func segmentioTime() error {
	name, err := segmentioTopic("time")
	if err != nil {
		return err
	}
	messages := segmentioMessages(10)
	for number := range messages {
		messages[number].Time = time.UnixMilli(1700000000000 + int64(number)*1000)
	}
	if err := segmentioWrite(&kafka.Writer{Topic: name}, messages...); err != nil {
		return err
	}
	asked := map[string][]kafka.OffsetRequest{name: {kafka.TimeOffsetOf(0, time.UnixMilli(1700000004500))}}
	response, err := segmentioClient().ListOffsets(soon(), &kafka.ListOffsetsRequest{Topics: asked})
	if err != nil {
		return err
	}
	for offset := range response.Topics[name][0].Offsets {
		return same(offset, 5)
	}
	return errors.New("no offset")
}

func segmentioGroup() error {
	name, err := segmentioTopic("group")
	err = errors.Join(err, segmentioWrite(&kafka.Writer{Topic: name}, segmentioMessages(10)...))
	_, took := segmentioTake(kafka.ReaderConfig{Topic: name, GroupID: fresh("group")}, 10, true)
	return errors.Join(err, took)
}

func segmentioCommit() error {
	name, err := segmentioTopic("commit")
	err = errors.Join(err, segmentioWrite(&kafka.Writer{Topic: name}, segmentioMessages(10)...))
	group := fresh("group")
	_, took := segmentioTake(kafka.ReaderConfig{Topic: name, GroupID: group}, 4, true)
	if err := errors.Join(err, took); err != nil {
		return err
	}
	found, err := segmentioTake(kafka.ReaderConfig{Topic: name, GroupID: group}, 1, false)
	if err != nil {
		return err
	}
	deleted, err := segmentioClient().DeleteGroups(soon(), &kafka.DeleteGroupsRequest{GroupIDs: []string{group}})
	if err != nil {
		return err
	}
	return errors.Join(same(found[0].Offset, 4), deleted.Errors[group])
}

// segmentioRequests asks single requests, in the older versions that this client knows.
func segmentioRequests() error {
	name, err := segmentioTopic("requests")
	if err != nil {
		return err
	}
	client := segmentioClient()
	records := kafka.NewRecordReader(kafka.Record{Value: kafka.NewBytes([]byte("1"))})
	_, produced := client.Produce(soon(), &kafka.ProduceRequest{Topic: name, RequiredAcks: kafka.RequireAll, Records: records})
	fetched, fetchError := client.Fetch(soon(), &kafka.FetchRequest{Topic: name, MinBytes: 1, MaxBytes: 1 << 20, MaxWait: time.Second})
	if err := errors.Join(produced, fetchError); err != nil {
		return err
	}
	record, err := fetched.Records.ReadRecord()
	if err != nil {
		return err
	}
	value, err := kafka.ReadAll(record.Value)
	if err := errors.Join(err, same(string(value), "1")); err != nil {
		return err
	}
	resource := kafka.AlterConfigRequestResource{ResourceType: kafka.ResourceTypeTopic, ResourceName: name}
	resource.Configs = []kafka.AlterConfigRequestConfig{{Name: "retention.ms", Value: "60000"}}
	_, altered := client.AlterConfigs(soon(), &kafka.AlterConfigsRequest{Resources: []kafka.AlterConfigRequestResource{resource}})
	described, describeError := client.DescribeConfigs(soon(), &kafka.DescribeConfigsRequest{
		Resources: []kafka.DescribeConfigRequestResource{{ResourceType: kafka.ResourceTypeBroker, ResourceName: "1"}},
	})
	_, listed := client.ListGroups(soon(), &kafka.ListGroupsRequest{})
	if err := errors.Join(altered, describeError, listed); err != nil {
		return err
	}
	return same(len(described.Resources[0].ConfigEntries) > 10, true)
}

func segmentioTooLarge() error {
	name, err := segmentioTopic("large", kafka.ConfigEntry{ConfigName: "max.message.bytes", ConfigValue: "1000"})
	if err != nil {
		return err
	}
	err = segmentioWrite(&kafka.Writer{Topic: name, MaxAttempts: 1}, kafka.Message{Value: make([]byte, 2000)})
	var failed kafka.WriteErrors
	return same(errors.Is(err, kafka.MessageSizeTooLarge) || errors.As(err, &failed) && errors.Is(failed[0], kafka.MessageSizeTooLarge), true)
}

func segmentioACLs() error {
	acl := kafka.ACLEntry{ResourceType: kafka.ResourceTypeTopic, ResourceName: "t", ResourcePatternType: kafka.PatternTypeLiteral, Principal: "User:x", Host: "*", Operation: kafka.ACLOperationTypeRead, PermissionType: kafka.ACLPermissionTypeAllow}
	response, err := segmentioClient().CreateACLs(context.Background(), &kafka.CreateACLsRequest{ACLs: []kafka.ACLEntry{acl}})
	if err != nil {
		return err
	}
	if response.Errors[0] != nil {
		return refused{response.Errors[0]}
	}
	return nil
}
