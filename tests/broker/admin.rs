//! Topics and their settings, over the wire.

use rdkafka::admin::{AdminOptions, NewPartitions, NewTopic, ResourceSpecifier, TopicReplication};
use rdkafka::consumer::Consumer;
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::{Offset, TopicPartitionList};

use crate::world::{Outcome, PATIENCE, World, sends};

fn patiently() -> AdminOptions {
    AdminOptions::new()
        .request_timeout(Some(PATIENCE))
        .operation_timeout(Some(PATIENCE))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_keeps_the_settings_it_was_made_with() -> Outcome {
    let world = World::start().await?;
    let topic = NewTopic::new("shop.view", 3, TopicReplication::Fixed(1)).set("retention.ms", "2592000000");
    let made = world.clients().admin()?.create_topics([&topic], &patiently()).await?;
    assert_eq!(made, [Ok("shop.view".to_owned())]);
    let world = world.restart().await?;
    let resource = ResourceSpecifier::Topic("shop.view");
    let described = world
        .clients()
        .admin()?
        .describe_configs([&resource], &patiently())
        .await?;
    let config = described.into_iter().next().ok_or("nothing described")??;
    let value = |name: &str| config.get(name).and_then(|entry| entry.value.clone());
    assert_eq!(value("retention.ms").as_deref(), Some("2592000000"));
    assert_eq!(value("cleanup.policy").as_deref(), Some("delete"));
    world.stop().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_that_cannot_be_made_is_refused_by_name() -> Outcome {
    let world = World::start().await?;
    let clients = world.clients();
    clients.creates("shop.view", 1).await?;
    let topics = [
        NewTopic::new("shop.view", 1, TopicReplication::Fixed(1)),
        NewTopic::new("shop/view", 1, TopicReplication::Fixed(1)),
        NewTopic::new("shop.three", 1, TopicReplication::Fixed(3)),
        NewTopic::new("shop.none", 0, TopicReplication::Fixed(1)),
        NewTopic::new("shop.odd", 1, TopicReplication::Fixed(1)).set("cleanup.policy", "forget"),
        NewTopic::new("shop.fine", 1, TopicReplication::Fixed(1)),
    ];
    let made = clients.admin()?.create_topics(&topics, &patiently()).await?;
    let codes: Vec<_> = made
        .into_iter()
        .map(|result| result.err().map(|(_, code)| code))
        .collect();
    assert_eq!(
        codes,
        [
            Some(RDKafkaErrorCode::TopicAlreadyExists),
            Some(RDKafkaErrorCode::InvalidTopic),
            Some(RDKafkaErrorCode::InvalidReplicationFactor),
            Some(RDKafkaErrorCode::InvalidPartitions),
            Some(RDKafkaErrorCode::InvalidConfig),
            None
        ]
    );
    world.stop().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_topic_is_gone_and_its_name_is_free_again() -> Outcome {
    let world = World::start().await?;
    let clients = world.clients();
    clients.creates("shop.view", 1).await?;
    sends(&clients.producer(&[])?, "shop.view", ["old".to_owned()]).await?;
    clients.admin()?.delete_topics(&["shop.view"], &patiently()).await?[0]
        .as_ref()
        .map_err(|(_, code)| *code)?;
    assert!(!world.folder().join("shop.view-0").exists());
    clients.creates("shop.view", 1).await?;
    sends(&clients.producer(&[])?, "shop.view", ["new".to_owned()]).await?;
    assert_eq!(clients.reads_all("shop.view")?, [(0, 0, "new".to_owned())]);
    world.stop().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_gets_more_partitions_and_keeps_them() -> Outcome {
    let world = World::start().await?;
    let clients = world.clients();
    clients.creates("shop.view", 1).await?;
    let made = clients
        .admin()?
        .create_partitions([&NewPartitions::new("shop.view", 5)], &patiently())
        .await?;
    assert_eq!(made, [Ok("shop.view".to_owned())]);
    let world = world.restart().await?;
    let metadata = world.clients().reader()?.fetch_metadata(Some("shop.view"), PATIENCE)?;
    assert_eq!(metadata.topics()[0].partitions().len(), 5);
    world.stop().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn deleted_records_are_no_longer_offered() -> Outcome {
    let world = World::start().await?;
    let clients = world.clients();
    clients.creates("shop.view", 1).await?;
    sends(
        &clients.producer(&[])?,
        "shop.view",
        (0..5).map(|number| number.to_string()),
    )
    .await?;
    let mut places = TopicPartitionList::new();
    places.add_partition_offset("shop.view", 0, Offset::Offset(3))?;
    clients.admin()?.delete_records(&places, &patiently()).await?;
    let world = world.restart().await?;
    assert_eq!(
        world.clients().reads_all("shop.view")?,
        [(0, 3, "3".to_owned()), (0, 4, "4".to_owned())]
    );
    world.stop().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_is_listed_and_deleted() -> Outcome {
    let world = World::start().await?;
    let clients = world.clients();
    clients.creates("shop.view", 1).await?;
    let consumer = clients.consumer("sink", &[])?;
    let mut places = TopicPartitionList::new();
    places.add_partition_offset("shop.view", 0, Offset::Offset(0))?;
    consumer.commit(&places, rdkafka::consumer::CommitMode::Sync)?;
    let listed = consumer.fetch_group_list(None, PATIENCE)?;
    assert_eq!(
        listed
            .groups()
            .iter()
            .map(rdkafka::groups::GroupInfo::name)
            .collect::<Vec<_>>(),
        ["sink"]
    );
    drop(consumer);
    let deleted = clients.admin()?.delete_groups(&["sink"], &patiently()).await?;
    assert_eq!(deleted, [Ok("sink".to_owned())]);
    assert_eq!(clients.reader()?.fetch_group_list(None, PATIENCE)?.groups().len(), 0);
    world.stop().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_whose_last_member_left_is_empty_and_can_be_deleted_once() -> Outcome {
    let world = World::start().await?;
    let clients = world.clients();
    clients.creates("shop.view", 1).await?;
    let consumer = clients.consumer("no-offsets", &[("session.timeout.ms", "45000")])?;
    consumer.subscribe(&["shop.view"])?;
    while consumer.assignment()?.count() == 0 {
        let heard = tokio::time::timeout(std::time::Duration::from_millis(100), consumer.recv()).await;
        heard.ok().transpose()?;
    }
    let busy = clients.admin()?.delete_groups(&["no-offsets"], &patiently()).await?;
    assert_eq!(
        busy[0].as_ref().err().map(|(_, code)| *code),
        Some(RDKafkaErrorCode::NonEmptyGroup)
    );
    drop(consumer);
    let reader = clients.reader()?;
    let states: Vec<_> = reader
        .fetch_group_list(None, PATIENCE)?
        .groups()
        .iter()
        .map(|group| (group.name().to_owned(), group.state().to_owned()))
        .collect();
    assert_eq!(states, [("no-offsets".to_owned(), "Empty".to_owned())]);
    let admin = clients.admin()?;
    let once = admin.delete_groups(&["no-offsets"], &patiently()).await?;
    assert_eq!(once, [Ok("no-offsets".to_owned())]);
    let twice = admin.delete_groups(&["no-offsets"], &patiently()).await?;
    assert_eq!(
        twice[0].as_ref().err().map(|(_, code)| *code),
        Some(RDKafkaErrorCode::GroupIdNotFound)
    );
    world.stop().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_is_made_on_first_use_unless_the_setting_or_its_name_says_otherwise() -> Outcome {
    let world = World::start().await?;
    let producer = world.clients().producer(&[("message.timeout.ms", "3000")])?;
    sends(&producer, "my.output", ["made".to_owned()]).await?;
    assert_eq!(world.clients().reads_all("my.output")?, [(0, 0, "made".to_owned())]);
    assert!(
        sends(&producer, "shop.view", ["declared".to_owned()]).await.is_err(),
        "the shop's own topics are made by whoever knows their settings"
    );
    world.stop().await?;
    let strict = World::start_with(|settings| settings.auto_create_topics = false).await?;
    let producer = strict.clients().producer(&[("message.timeout.ms", "3000")])?;
    assert!(sends(&producer, "my.output", ["misspelt".to_owned()]).await.is_err());
    strict.stop().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_nodes_own_settings_are_described() -> Outcome {
    let world = World::start().await?;
    let node = ResourceSpecifier::Broker(1);
    let described = world.clients().admin()?.describe_configs([&node], &patiently()).await?;
    let config = described.into_iter().next().ok_or("nothing described")??;
    let value = |name: &str| config.get(name).and_then(|entry| entry.value.clone());
    assert_eq!(
        value("advertised.listeners"),
        Some(format!("PLAINTEXT://{}", world.address))
    );
    assert_eq!(value("num.partitions").as_deref(), Some("3"));
    world.stop().await?;
    Ok(())
}
