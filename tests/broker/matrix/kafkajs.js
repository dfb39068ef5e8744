// kafkajs against a broker: NODE_PATH=... node kafkajs.js HOST:PORT. Each operation prints one line, its name and what came of it.
const assert = require('node:assert/strict');
const { randomUUID } = require('node:crypto');
const { CompressionTypes, Kafka, logLevel, PartitionAssigners } = require('kafkajs');

const TIME = 1700000000000;
const kafka = new Kafka({ clientId: 'matrix', brokers: [process.argv[2]], logLevel: logLevel.NOTHING, retry: { retries: 3 } });
const admin = kafka.admin();
const fresh = (word) => `matrix.${word}.${randomUUID().slice(0, 8)}`;

class Refused extends Error {}

async function topic(word, numPartitions = 1, configEntries = []) {
  const name = fresh(word);
  await admin.createTopics({ topics: [{ topic: name, numPartitions, configEntries }], waitForLeaders: true });
  return name;
}

async function produce(name, messages, options = {}) {
  const producer = kafka.producer(options.producer);
  await producer.connect();
  try {
    await producer.send({ topic: name, messages, ...options.send });
  } finally {
    await producer.disconnect();
  }
}

async function until(holds) {
  for (let tries = 0; tries < 300; tries++) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('it did not come about');
}

async function consume(name, count, options = {}) {
  const found = [];
  const consumer = kafka.consumer({ groupId: options.group ?? fresh('group') });
  await consumer.connect();
  await consumer.subscribe({ topic: name, fromBeginning: true });
  await consumer.run({ autoCommit: false, eachMessage: async ({ partition, message }) => found.push({ partition, ...message }) });
  try {
    await until(() => found.length >= count);
    if (options.commit) await consumer.commitOffsets([{ topic: name, partition: 0, offset: options.commit }]);
    return found;
  } finally {
    await consumer.disconnect();
  }
}

const operations = {
  'list topics': async () => {
    const name = await topic('listed');
    assert((await admin.listTopics()).includes(name));
  },
  'topic made on first use': async () => {
    const name = fresh('first-use');
    await produce(name, [{ value: '1' }]);
    const made = await admin.fetchTopicMetadata({ topics: [name] });
    assert.equal(made.topics[0].partitions.length, 3);
  },
  'compressions that are installed': async () => {
    const name = await topic('codecs');
    for (const compression of [CompressionTypes.None, CompressionTypes.GZIP]) {
      const messages = [...Array(50).keys()].map((number) => ({ value: `${compression} ${number}` }));
      await produce(name, messages, { send: { compression } });
    }
    assert.equal((await consume(name, 100)).length, 100);
  },
  'key, headers, null, time': async () => {
    const name = await topic('record');
    await produce(name, [{ key: 'k', value: null, headers: { h: '1' }, timestamp: String(TIME) }]);
    const [found] = await consume(name, 1);
    assert.deepEqual([`${found.key}`, found.value, `${found.headers.h}`, found.timestamp], ['k', null, '1', String(TIME)]);
  },
  'from a time': async () => {
    const name = await topic('time');
    await produce(name, [...Array(10).keys()].map((n) => ({ value: `${n}`, timestamp: String(TIME + n * 1000) })));
    const found = await admin.fetchTopicOffsetsByTimestamp(name, TIME + 4500);
    assert.equal(found[0].offset, '5');
  },
  'group: round robin': async () => {
    const [name, groupId] = [await topic('group', 4), fresh('group')];
    const shares = [0, 0];
    const members = [0, 1].map(() => kafka.consumer({ groupId, partitionAssigners: [PartitionAssigners.roundRobin] }));
    for (const [index, member] of members.entries()) {
      member.on(member.events.GROUP_JOIN, ({ payload }) => (shares[index] = (payload.memberAssignment[name] ?? []).length));
      await member.connect();
      await member.subscribe({ topic: name });
      await member.run({ eachMessage: async () => {} });
    }
    await until(() => shares[0] === 2 && shares[1] === 2);
    await members[1].disconnect();
    await until(() => shares[0] === 4);
    await members[0].disconnect();
  },
  'commit, resume, lag': async () => {
    const [name, group] = [await topic('commit'), fresh('group')];
    await produce(name, [...Array(10).keys()].map((number) => ({ value: `${number}` })));
    await consume(name, 4, { group, commit: '4' });
    const [committed] = await admin.fetchOffsets({ groupId: group, topics: [name] });
    const [end] = await admin.fetchTopicOffsets(name);
    assert.equal(end.high - committed.partitions[0].offset, 6);
    assert.equal((await consume(name, 6, { group }))[0].offset, '4');
    await admin.deleteGroups([group]);
  },
  'too large a message': async () => {
    const name = await topic('large', 1, [{ name: 'max.message.bytes', value: '1000' }]);
    await assert.rejects(produce(name, [{ value: 'x'.repeat(2000) }]), { type: 'MESSAGE_TOO_LARGE' });
  },
  transactions: async () => {
    const producer = kafka.producer({ transactionalId: fresh('transaction'), idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    try {
      const transaction = await producer.transaction();
      await transaction.send({ topic: await topic('transaction'), messages: [{ value: '1' }] });
      await transaction.commit();
    } catch (error) {
      throw new Refused(error.message);
    } finally {
      await producer.disconnect();
    }
  },
  ACLs: async () => {
    const any = { resourceType: 1, resourcePatternType: 1, operation: 1, permissionType: 1 };
    await admin.describeAcls(any).catch((error) => {
      throw new Refused(error.message);
    });
  },
};

(async () => {
  await admin.connect();
  for (const [name, operation] of Object.entries(operations)) {
    let result = 'ok';
    try {
      await operation();
    } catch (error) {
      result = `${error instanceof Refused ? 'refused' : 'FAILED'}: ${error.message}`.replace(/\s+/g, ' ').slice(0, 160);
    }
    console.log(`${name}\t${result}`);
  }
  await admin.disconnect();
})();
