package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

var franz = []operation{
	{"list topics", franzLists},
	{"topic made on first use", franzFirstUse},
	{"five compressions", franzCodecs},
	{"key, headers, null, time", franzRecord},
	{"from a time", franzTime},
	{"group: cooperative", func() error { return franzGroup(kgo.CooperativeStickyBalancer()) }},
	{"group: range", func() error { return franzGroup(kgo.RangeBalancer()) }},
	{"commit, resume, lag", franzCommit},
	{"too large a message", franzTooLarge},
	{"offset out of range", franzOutOfRange},
	{"transactions", franzTransaction},
}

func soon() context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 40*time.Second)
	context.AfterFunc(ctx, cancel)
	return ctx
}

func franzClient(options ...kgo.Opt) *kgo.Client {
	client, err := kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(broker)}, options...)...)
	if err != nil {
		panic(err)
	}
	return client
}

func franzTopic(word string, partitions int32, config map[string]*string) (string, error) {
	client := franzClient()
	defer client.Close()
	name := fresh(word)
	_, err := kadm.NewClient(client).CreateTopic(soon(), partitions, 1, config, name)
	return name, err
}

func franzProduce(client *kgo.Client, topic string, count int) error {
	for number := range count {
		record := &kgo.Record{Topic: topic, Value: fmt.Appendf(nil, "%d %d", number, time.Now().UnixNano())}
		if err := client.ProduceSync(soon(), record).FirstErr(); err != nil {
			return err
		}
	}
	return nil
}

func franzTake(client *kgo.Client, count int) ([]*kgo.Record, error) {
	var found []*kgo.Record
	for ctx := soon(); len(found) < count; {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			return found, err
		}
		found = append(found, fetches.Records()...)
	}
	return found, nil
}

func franzLists() error {
	name, err := franzTopic("listed", 1, nil)
	if err != nil {
		return err
	}
	client := franzClient()
	defer client.Close()
	topics, err := kadm.NewClient(client).ListTopics(soon())
	return errors.Join(err, same(topics.Has(name), true))
}

func franzFirstUse() error {
	client := franzClient(kgo.AllowAutoTopicCreation())
	defer client.Close()
	name := fresh("first-use")
	if err := franzProduce(client, name, 1); err != nil {
		return err
	}
	topics, err := kadm.NewClient(client).ListTopics(soon(), name)
	return errors.Join(err, same(len(topics[name].Partitions), 3))
}

func franzCodecs() error {
	name, err := franzTopic("codecs", 1, nil)
	if err != nil {
		return err
	}
	codecs := []kgo.CompressionCodec{kgo.NoCompression(), kgo.GzipCompression(), kgo.SnappyCompression(), kgo.Lz4Compression(), kgo.ZstdCompression()}
	for _, codec := range codecs {
		client := franzClient(kgo.ProducerBatchCompression(codec))
		err = errors.Join(err, franzProduce(client, name, 10))
		client.Close()
	}
	reader := franzClient(kgo.ConsumeTopics(name), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	defer reader.Close()
	found, took := franzTake(reader, 50)
	return errors.Join(err, took, same(len(found), 50))
}

func franzRecord() error {
	name, err := franzTopic("record", 1, nil)
	if err != nil {
		return err
	}
	client := franzClient(kgo.ConsumeTopics(name), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	defer client.Close()
	record := &kgo.Record{Topic: name, Key: []byte("k"), Headers: []kgo.RecordHeader{{Key: "h", Value: []byte("1")}}, Timestamp: time.UnixMilli(1700000000000)}
	if err := client.ProduceSync(soon(), record).FirstErr(); err != nil {
		return err
	}
	found, err := franzTake(client, 1)
	if err != nil {
		return err
	}
	one := found[0]
	said := fmt.Sprintf("%s %t %s %s %d", one.Key, one.Value == nil, one.Headers[0].Key, one.Headers[0].Value, one.Timestamp.UnixMilli())
	return same(said, "k true h 1 1700000000000")
}

func franzTime() error {
	name, err := franzTopic("time", 1, nil)
	if err != nil {
		return err
	}
	client := franzClient()
	defer client.Close()
	for number := range 10 {
		at := time.UnixMilli(1700000000000 + int64(number)*1000)
		if err := client.ProduceSync(soon(), &kgo.Record{Topic: name, Value: []byte("x"), Timestamp: at}).FirstErr(); err != nil {
			return err
		}
	}
	found, err := kadm.NewClient(client).ListOffsetsAfterMilli(soon(), 1700000004500, name)
	offset, _ := found.Lookup(name, 0)
	return errors.Join(err, same(offset.Offset, 5))
}

func franzGroup(balancer kgo.GroupBalancer) error {
	name, err := franzTopic("group", 4, nil)
	if err != nil {
		return err
	}
	group := fresh("group")
	member := func() *kgo.Client { return franzClient(kgo.ConsumerGroup(group), kgo.ConsumeTopics(name), kgo.Balancers(balancer)) }
	first, second := member(), member()
	admin := kadm.NewClient(first)
	shares := func(expected ...int) error {
		for ctx := soon(); ctx.Err() == nil; time.Sleep(200 * time.Millisecond) {
			groups, err := admin.DescribeGroups(ctx, group)
			if err != nil || groups[group].State != "Stable" || len(groups[group].Members) != len(expected) {
				continue
			}
			holds := true
			for index, member := range groups[group].Members {
				if assigned, ok := member.Assigned.AsConsumer(); !ok || len(assigned.Topics) == 0 || len(assigned.Topics[0].Partitions) != expected[index] {
					holds = false
				}
			}
			if holds {
				return nil
			}
		}
		return errors.New("the group did not settle")
	}
	err = shares(2, 2)
	second.Close()
	err = errors.Join(err, shares(4))
	first.Close()
	return err
}

func franzCommit() error {
	name, err := franzTopic("commit", 1, nil)
	if err != nil {
		return err
	}
	group := fresh("group")
	member := func() *kgo.Client {
		return franzClient(kgo.ConsumerGroup(group), kgo.ConsumeTopics(name), kgo.DisableAutoCommit(), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	}
	first := member()
	err = franzProduce(first, name, 10)
	found, took := franzTake(first, 10)
	if err := errors.Join(err, took); err != nil {
		return err
	}
	err = first.CommitRecords(soon(), found[3])
	lags, lagged := kadm.NewClient(first).Lag(soon(), group)
	lag, _ := lags[group].Lag.Lookup(name, 0)
	err = errors.Join(err, lagged, same(lag.Lag, 6))
	first.Close()
	second := member()
	found, took = franzTake(second, 1)
	if err := errors.Join(err, took); err != nil {
		return err
	}
	second.Close()
	return same(found[0].Offset, 4)
}

func franzTooLarge() error {
	most := "1000"
	name, err := franzTopic("large", 1, map[string]*string{"max.message.bytes": &most})
	if err != nil {
		return err
	}
	client := franzClient(kgo.ProducerBatchCompression(kgo.NoCompression()))
	defer client.Close()
	err = client.ProduceSync(soon(), &kgo.Record{Topic: name, Value: make([]byte, 2000)}).FirstErr()
	return same(errors.Is(err, kerr.MessageTooLarge), true)
}

func franzOutOfRange() error {
	name, err := franzTopic("range", 1, nil)
	if err != nil {
		return err
	}
	at := map[string]map[int32]kgo.Offset{name: {0: kgo.NewOffset().At(100)}}
	client := franzClient(kgo.ConsumePartitions(at), kgo.ConsumeResetOffset(kgo.NoResetOffset()))
	defer client.Close()
	_, err = franzTake(client, 1)
	return same(errors.Is(err, kerr.OffsetOutOfRange), true)
}

func franzTransaction() error {
	name, err := franzTopic("transaction", 1, nil)
	if err != nil {
		return err
	}
	client := franzClient(kgo.TransactionalID(fresh("transaction")), kgo.RetryTimeout(10*time.Second))
	defer client.Close()
	if err := client.BeginTransaction(); err != nil {
		return refused{err}
	}
	if err := client.ProduceSync(soon(), &kgo.Record{Topic: name, Value: []byte("1")}).FirstErr(); err != nil {
		return refused{err}
	}
	return client.EndTransaction(soon(), kgo.TryCommit)
}
