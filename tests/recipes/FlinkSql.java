// Title: Flink SQL: views by page
// Needs: Java 17, Flink 2.2 and its SQL connector for Kafka (FLINK_LIBS: their jars); the statements are the same in Flink's sql-client.sh
// Prints: \| +home\.index \| +[0-9]+ \|
// Run: java --add-opens=java.base/java.util=ALL-UNNAMED --add-opens=java.base/java.lang=ALL-UNNAMED -cp "$FLINK_LIBS" FlinkSql.java
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;

class FlinkSql {
    public static void main(String[] arguments) {
        // Without a last offset, and with inStreamingMode, the counts go on as the shop is visited.
        var tables = TableEnvironment.create(EnvironmentSettings.inBatchMode());
        tables.executeSql("""
            create table shop_views (
              endpoint string,
              session_id string,
              sent timestamp_ltz(3) metadata from 'timestamp'
            ) with (
              'connector' = 'kafka',
              'topic' = 'shop.view',
              'properties.bootstrap.servers' = '%s',
              'scan.startup.mode' = 'earliest-offset',
              'scan.bounded.mode' = 'latest-offset',
              'format' = 'json'
            )""".formatted(System.getenv("KAFKA")));
        tables.executeSql("""
            select endpoint, count(*) as times, count(distinct session_id) as sessions, max(sent) as latest
            from shop_views group by endpoint order by times desc""").print();
    }
}
