// Title: A consumer in Node (kafkajs)
// Needs: npm install kafkajs
// Prints: ^/products/[0-9]+$
const { Kafka, logLevel } = require('kafkajs');

const kafka = new Kafka({ brokers: [process.env.KAFKA], logLevel: logLevel.ERROR });
const consumer = kafka.consumer({ groupId: 'paths' });

async function main() {
  const paths = new Set();
  await consumer.connect();
  await consumer.subscribe({ topic: 'shop.view', fromBeginning: true });
  await consumer.run({ eachMessage: async ({ message }) => void paths.add(JSON.parse(message.value).path) });
  // A service would run on; this one looks at what is there and ends.
  await new Promise((resolve) => setTimeout(resolve, 6000));
  await consumer.disconnect();
  console.log([...paths].sort().join('\n'));
}

main();
