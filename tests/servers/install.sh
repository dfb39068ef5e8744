#!/usr/bin/env bash
# Installs what the end-to-end tests use beside Rust: tests/servers/install.sh [kafka] [postgres] [browser] [clients] [pages] [lighthouse] [asyncapi]   (default: all seven) [load] [flask] [kafka-clients] [frameworks]
# Apache Kafka comes from Maven Central's jars and the page checkers from npm, all into target/servers; the rest from Debian's packages. Does nothing twice.
set -euo pipefail
cd "$(dirname "$0")/../.."

KAFKA=4.3.1
servers="${CARGO_TARGET_DIR:-target}/servers"

debian() {
  local missing=()
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return
  echo "installing ${missing[*]}"
  timeout 300 apt-get update -qq
  # The tests start servers of their own; Debian's must not start one beside them.
  mkdir -p /etc/postgresql-common
  [ -e /etc/postgresql-common/createcluster.conf ] || echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
  DEBIAN_FRONTEND=noninteractive timeout 600 apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

kafka() {
  local folder="$servers/kafka-$KAFKA"
  [ -e "$folder/complete" ] && return
  command -v java >/dev/null || debian openjdk-17-jre-headless
  command -v mvn >/dev/null || debian maven
  echo "fetching Apache Kafka $KAFKA"
  rm -rf "$folder"
  mkdir -p "$folder"
  cat >"$folder/pom.xml" <<POM
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>de.shop.tests</groupId><artifactId>kafka</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>$KAFKA</version></dependency>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka-tools</artifactId><version>$KAFKA</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-nop</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
POM
  (cd "$folder" && timeout 600 mvn -q -B dependency:copy-dependencies -DoutputDirectory=libs -DincludeScope=runtime)
  touch "$folder/complete"
}

# Programs in Java are run from their source.
java_compiler() { command -v javac >/dev/null || debian openjdk-17-jdk-headless; }

# npm_packages FOLDER WHAT PACKAGE@VERSION...
npm_packages() {
  local folder="$servers/$1" what=$2
  shift 2
  [ -e "$folder/complete" ] && return
  command -v npm >/dev/null || debian npm
  echo "fetching $what"
  rm -rf "$folder"
  mkdir -p "$folder"
  timeout 300 npm install --silent --no-audit --no-fund --ignore-scripts --no-save --prefix "$folder" "$@"
  touch "$folder/complete"
}

# maven_jars FOLDER GROUP:ARTIFACT:VERSION...: the jars and what they need, but for Hadoop's, into FOLDER/libs.
maven_jars() {
  local folder=$1 one group artifact version
  shift
  mkdir -p "$folder"
  {
    echo '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
    echo '<groupId>de.shop.tests</groupId><artifactId>jars</artifactId><version>1</version><packaging>pom</packaging><dependencies>'
    for one in "$@"; do
      IFS=: read -r group artifact version <<<"$one"
      echo "<dependency><groupId>$group</groupId><artifactId>$artifact</artifactId><version>$version</version>"
      echo '<exclusions><exclusion><groupId>org.apache.hadoop</groupId><artifactId>*</artifactId></exclusion></exclusions></dependency>'
    done
    echo '</dependencies></project>'
  } >"$folder/pom.xml"
  (cd "$folder" && timeout 600 mvn -q -B dependency:copy-dependencies -DoutputDirectory=libs -DincludeScope=runtime)
}

# Kafka Streams, Connect's file connectors, Spark and Flink with their Kafka connectors: 1 GB. Spark and Flink come as Python packages,
# which bring their jars; the connectors' versions are those that were made for them.
frameworks() {
  local folder="$servers/frameworks"
  [ -e "$folder/complete" ] && return
  command -v mvn >/dev/null || debian maven
  command -v python3 >/dev/null || debian python3
  python3 -c 'import ensurepip' 2>/dev/null || debian python3-venv
  echo "fetching Kafka Streams, Kafka Connect, Spark and Flink"
  rm -rf "$folder"
  mkdir -p "$folder"
  maven_jars "$folder/kafka" "org.apache.kafka:kafka-streams:$KAFKA" "org.apache.kafka:connect-file:$KAFKA"
  maven_jars "$folder/spark" org.apache.spark:spark-sql-kafka-0-10_2.13:4.2.0
  # Spark has these, in versions of its own.
  rm -f "$folder"/spark/libs/{scala-library,slf4j-api,lz4-java,snappy-java,jsr305}-*.jar
  maven_jars "$folder/flink" org.apache.flink:flink-sql-connector-kafka:5.0.0-2.2
  python3 -m venv "$folder/python"
  timeout 900 "$folder/python/bin/pip" install -q --disable-pip-version-check pyspark==4.2.0
  timeout 900 "$folder/python/bin/pip" install -q --disable-pip-version-check --no-deps apache-flink-libraries==2.2.1
  touch "$folder/complete"
}

# What the client matrix and the recipes run: Kafka clients and readers of files for Python, Node and Go, each in a folder of its own.
kafka_clients() {
  local python="$servers/clients/python"
  command -v go >/dev/null || debian golang-go
  npm_packages clients/node "kafkajs" kafkajs@2.2.4
  [ -e "$python/complete" ] && return
  command -v python3 >/dev/null || debian python3
  python3 -c 'import ensurepip' 2>/dev/null || debian python3-venv
  echo "fetching Kafka clients for Python"
  rm -rf "$python"
  python3 -m venv "$python"
  timeout 300 "$python/bin/pip" install -q --disable-pip-version-check confluent-kafka==2.16.1 kafka-python==3.0.12 aiokafka==0.14.0 \
    duckdb==2.0.1 polars==2.1.0 pyarrow==26.0.1
  touch "$python/complete"
}

# axe-core (accessibility rules) and html-validate.
pages() { npm_packages pages "the page checkers" axe-core@4.14.1 html-validate@9.7.1; }

# AsyncAPI's own parser.
asyncapi() { npm_packages asyncapi "AsyncAPI's parser" @asyncapi/parser@3.6.6; }

# The last that Node 20 runs; Node 22 takes 13.
lighthouse() { npm_packages lighthouse Lighthouse lighthouse@12.8.2; }

for part in "${@:-kafka postgres browser clients pages lighthouse asyncapi}"; do
  for one in $part; do
    case "$one" in
      kafka) kafka ;;
      postgres) debian postgresql ;;
      browser) debian chromium chromium-driver fonts-nanum ;;
      clients) debian kcat jq ;;
      pages) pages ;;
      lighthouse) lighthouse ;;
      asyncapi) asyncapi ;;
      load) debian wrk ;;
      flask) debian python3-flask python3-flask-sqlalchemy gunicorn ;;
      kafka-clients) debian kcat jq sqlite3; java_compiler; kafka; kafka_clients ;;
      frameworks) java_compiler; kafka; frameworks ;;
      *) echo "install.sh: no part is called '$one'" >&2; exit 2 ;;
    esac
  done
done
