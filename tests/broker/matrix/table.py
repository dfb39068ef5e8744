"""Makes the table out of what the clients printed: table.py RESULTS BROKER... Exit 1 when something failed that should not."""

import sys

# Why the two brokers differ: operations that the embedded one refuses, each with the reason.
REFUSED = {
    "transactions": "The embedded broker has no transactions: one node, no transaction log. For these, use Apache Kafka (`--kafka`).",
    "newer groups (KIP-848)": "The embedded broker has the classic group protocol. For the newer one, use Apache Kafka (`--kafka`).",
    "share groups (KIP-932)": "The embedded broker has no share groups. For these, use Apache Kafka (`--kafka`).",
    "streams groups (KIP-1071)": "Kafka Streams' default, the classic protocol, works. For the newer one, use Apache Kafka (`--kafka`).",
    "exactly once (transactions)": "At least once, the frameworks' default, works. For exactly once, use Apache Kafka (`--kafka`).",
    "ACLs": "Neither broker has an authorizer here, and both say so: SECURITY_DISABLED.",
}

# Frameworks do things of their own: they have a table of their own.
FRAMEWORKS = ["Kafka Streams", "Kafka Connect", "Spark", "Flink"]
CLIENTS = ["kcat", "confluent-kafka", "kafka-python", "aiokafka", "kafkajs", "franz-go", "sarama", "kafka-go", "rdkafka", "Java client",
           "Kafka's tools", *FRAMEWORKS]


def mark(result):
    if result is None:
        return ""
    return "✓" if result == "ok" else "–" if result.startswith("refused") else "✗"


def table(results, clients, operations, brokers):
    print("| | " + " | ".join(clients) + " |")
    print("|---" * (len(clients) + 1) + "|")
    for operation in operations:
        rows = [[mark(results.get((client, operation, broker))) for broker in brokers] for client in clients]
        if any(any(marks) for marks in rows):
            print(f"| {operation} | " + " | ".join(" / ".join(marks) if any(marks) else "" for marks in rows) + " |")


def main(path, *brokers):
    results, clients, operations = {}, [], []
    with open(path, encoding="utf-8") as lines:
        # Clients in a fixed order, whichever were run last.
        for line in sorted(lines, key=lambda line: CLIENTS.index(line.split("\t")[0])):
            client, broker, operation, result = line.rstrip("\n").split("\t")
            results[client, operation, broker] = result
            clients += [client] if client not in clients else []
            operations += [operation] if operation not in operations else []
    bad, said = [], []
    for (client, operation, broker), result in results.items():
        if result != "ok":
            documented = result.startswith("refused") and operation in REFUSED
            (said if documented else bad).append(f"| {operation} | {client} | {broker} | {result} |")
    print("# Clients of the embedded broker and of Apache Kafka\n")
    print("Made by `tests/broker/matrix.sh --keep [--frameworks]`: each cell is the last run of one operation by one real client, "
          f"{' / '.join(brokers)}: ✓ passes, – refused, ✗ fails; empty: the client has no such operation, or it isn't tried.\n")
    table(results, [client for client in clients if client not in FRAMEWORKS], operations, brokers)
    found = [client for client in clients if client in FRAMEWORKS]
    if found:
        print("\n## Frameworks, at least once\n")
        table(results, found, operations, brokers)
    print("\n## What is refused, in the clients' words\n")
    for operation, reason in REFUSED.items():
        print(f"- {operation}: {reason}")
    print("\n| operation | client | broker | said |\n|---|---|---|---|\n" + "\n".join(said))
    if bad:
        print("\n## Failures\n\n| operation | client | broker | said |\n|---|---|---|---|\n" + "\n".join(bad))
    return 1 if bad or not results else 0


sys.exit(main(*sys.argv[1:]))
