// Title: A consumer in Go (franz-go)
// Needs: go get github.com/twmb/franz-go
// Prints: products\.detail [0-9]+
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

func main() {
	client, err := kgo.NewClient(
		kgo.SeedBrokers(os.Getenv("KAFKA")),
		kgo.ConsumerGroup("pages"),
		kgo.ConsumeTopics("shop.view"),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
	)
	if err != nil {
		panic(err)
	}
	defer client.Close()
	// A service would poll for ever; this one looks at what is there and ends.
	ctx, cancel := context.WithTimeout(context.Background(), 6*time.Second)
	defer cancel()
	pages := map[string]int{}
	for ctx.Err() == nil {
		client.PollFetches(ctx).EachRecord(func(record *kgo.Record) {
			var view struct{ Endpoint string }
			if json.Unmarshal(record.Value, &view) == nil {
				pages[view.Endpoint]++
			}
		})
	}
	for page, views := range pages {
		fmt.Println(page, views)
	}
}
