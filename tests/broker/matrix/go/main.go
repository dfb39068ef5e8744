// Command matrix runs one Go client against a broker: matrix CLIENT HOST:PORT. Each operation prints one line, its name and
// what came of it.
package main

import (
	"errors"
	"fmt"
	"math/rand"
	"os"
	"strings"
)

var broker string

// refused is what the broker said no with.
type refused struct{ error }

type operation struct {
	name string
	run  func() error
}

func fresh(word string) string { return fmt.Sprintf("matrix.%s.%08x", word, rand.Uint32()) }

func same[T comparable](found, expected T) error {
	if found != expected {
		return fmt.Errorf("%v instead of %v", found, expected)
	}
	return nil
}

func main() {
	clients := map[string][]operation{"franz-go": franz, "sarama": saramas, "segmentio": segmentio}
	broker = os.Args[2]
	for _, operation := range clients[os.Args[1]] {
		result, err := "ok", operation.run()
		if no := (refused{}); errors.As(err, &no) {
			result = "refused: " + no.Error()
		} else if err != nil {
			result = "FAILED: " + err.Error()
		}
		result = strings.Join(strings.Fields(result), " ")
		fmt.Printf("%s\t%s\n", operation.name, result[:min(len(result), 160)])
	}
}
