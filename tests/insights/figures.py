"""Works the figures of /insights out once more, by DuckDB over the sinks' log files, and compares them exactly. Run by figures.sh.

figures.py NAME INSIGHTS HOURS FROM TO LOGS...     INSIGHTS as http://127.0.0.1:PORT, HOURS the time zone, LOGS the folders of all sinks
"""

import json
import sys
import urllib.request

import duckdb

name, insights, hours, first, last, *folders = sys.argv[1:]
compared = 0
db = duckdb.connect()
db.execute("SET TimeZone = 'UTC'")


def asked(report, more=""):
    address = f"{insights}/insights/api/{report}?from={first}&to={last}{more}"
    with urllib.request.urlopen(address, timeout=60) as answer:
        return json.load(answer)


def same(what, ours, theirs):
    global compared
    compared += 1
    if ours != theirs:
        sys.exit(f"{name}: {what}: {ours!r} on the page, {theirs!r} by DuckDB")


def rows(sql):
    answer = db.execute(sql)
    names = [column[0] for column in answer.description]
    return [dict(zip(names, row)) for row in answer.fetchall()]


def table(report, which, key, sql, more=""):
    """Every row of a table, by its key, with all columns that DuckDB gives; neither side may have a row more."""
    ours = {row[key]: row for row in asked(report, more)["tables"][which]}
    theirs = {row[key]: row for row in rows(sql)}
    if not theirs:
        sys.exit(f"{name}: {report}.{which}: DuckDB finds nothing to compare")
    same(f"{report}.{which}: rows", sorted(ours), sorted(theirs))
    for row, columns in theirs.items():
        for column, value in columns.items():
            same(f"{report}.{which} {row}: {column}", ours[row][column], value)


def nearest(values, share):
    """The nearest rank: the smallest value that at least this share does not exceed."""
    return f"list_sort(list({values}))[greatest(1, ceil({share} * count({values})))::INT]"


# The lines of all sinks, and each event once: a sink keeps none twice, so that a repetition here would be a fault.
files = [f"{folder}/user_activity-*.log" for folder in folders]
db.execute(
    f"""
    CREATE TABLE line AS SELECT * FROM read_json({files}, format = 'newline_delimited', columns = {{
      timestamp: 'TIMESTAMPTZ', event_id: 'VARCHAR', session_id: 'VARCHAR', visitor_id: 'VARCHAR', event_type: 'VARCHAR', entity_id: 'BIGINT',
      endpoint: 'VARCHAR', bot: 'BOOLEAN', details: 'JSON', source: 'STRUCT(instance VARCHAR, sequence BIGINT)'}});
    CREATE TABLE event AS
      SELECT epoch_us(timestamp) AS moment, session_id AS session, visitor_id AS named, event_type AS kind, coalesce(bot, false) AS bot, details,
        row_number() OVER (PARTITION BY session_id ORDER BY timestamp, source.sequence, source.instance) AS place,
        CASE WHEN event_type = 'view' THEN coalesce(details->>'page', endpoint)
             WHEN event_type IN ('dwell', 'page_performance') THEN details->>'page_endpoint' ELSE endpoint END AS page,
        coalesce(entity_id, (details->>'product_id')::BIGINT) AS entity
      FROM line;
    CREATE TABLE border AS SELECT
      epoch_us(TIMESTAMPTZ '{first} 00:00:00+00') - {hours} * 3600000000 AS low,
      epoch_us(TIMESTAMPTZ '{last} 00:00:00+00') + 86400000000 - {hours} * 3600000000 AS high;
    CREATE TABLE visit AS
      SELECT session, min(moment) AS first, max(moment) AS last, bool_or(bot) AS bot,
        coalesce(arg_min(named, place) FILTER (named IS NOT NULL), 'session ' || session) AS visitor,
        bool_or(kind = 'order_placed') AS ordered
      FROM event GROUP BY session;
    DELETE FROM visit WHERE bot;
    CREATE TABLE person AS SELECT visitor, min(first) AS first, arg_min(session, (first, session)) AS session FROM visit GROUP BY visitor;
    CREATE VIEW happened AS SELECT event.*, visit.visitor FROM event JOIN visit USING (session), border WHERE moment >= low AND moment < high;
    CREATE VIEW begun AS SELECT visit.* FROM visit, border WHERE first >= low AND first < high;
    """
)
same("lines that are there twice", db.execute("SELECT count(*) - count(DISTINCT event_id) FROM line").fetchone()[0], 0)

overview = asked("overview")
theirs = rows(
    """
    SELECT (SELECT count(*) FROM begun) AS sessions, (SELECT count(DISTINCT visitor) FROM begun) AS visitors,
      (SELECT count(*) FROM begun JOIN person USING (session)) AS new_visitors,
      (SELECT count(*) FILTER (ordered) FROM begun) AS converting_sessions,
      (SELECT count(*) FILTER (ordered) / count(*) FROM begun) AS conversion,
      (SELECT count(*) FROM happened WHERE kind = 'view') AS views,
      (SELECT count(*) FROM happened WHERE kind = 'order_placed') AS orders,
      (SELECT count(*) FROM happened WHERE kind = 'order_cancelled') AS cancelled,
      (SELECT sum((details->>'total')::BIGINT)::BIGINT FROM happened WHERE kind = 'order_placed') AS revenue
    """
)[0]
for figure, value in theirs.items():
    same(f"overview.{figure}", overview["figures"][figure]["value"], value)

day = f"strftime(make_timestamp(moment + {hours} * 3600000000), '%Y-%m-%d')"
table(
    "overview",
    "by_time",
    "day",
    f"""
    SELECT day, coalesce(s.sessions, 0) AS sessions, views, orders, revenue FROM
      (SELECT {day} AS day, count(*) FILTER (kind = 'view') AS views, count(*) FILTER (kind = 'order_placed') AS orders,
         coalesce(sum((details->>'total')::BIGINT) FILTER (kind = 'order_placed'), 0)::BIGINT AS revenue FROM happened GROUP BY 1)
      LEFT JOIN (SELECT {day} AS day, count(*) AS sessions FROM (SELECT first AS moment FROM begun) GROUP BY 1) s USING (day)
    """,
)

table(
    "popular",
    "products",
    "id",
    """
    WITH sold AS (SELECT moment, session, visitor, unnest(from_json(details->'items', '[{"product_id": "BIGINT", "quantity": "BIGINT", "unit_price": "BIGINT"}]')) AS one,
                    place FROM happened WHERE kind = 'order_placed'),
      seen AS (SELECT unnest(from_json(details->'tiles', '[{"product_id": "BIGINT"}]')).product_id AS id FROM happened WHERE kind = 'impression'),
      did AS (
        SELECT entity AS id, 'viewed' AS what, session, visitor, 0 AS won, session || place AS which FROM happened WHERE kind = 'view' AND page = 'products.detail'
        UNION ALL SELECT entity, 'clicked', session, visitor, 0, session || place FROM happened WHERE kind = 'click' AND entity > 0
        UNION ALL SELECT entity, 'added', session, visitor, 0, session || place FROM happened WHERE kind = 'cart_add'
        UNION ALL SELECT one.product_id, 'sold', session, visitor, one.quantity * one.unit_price, session || place FROM sold
        UNION ALL SELECT id, 'seen', NULL, NULL, 0, NULL FROM seen)
    SELECT id::DOUBLE AS id, count(*) FILTER (what = 'seen') AS seen, count(*) FILTER (what = 'clicked') AS clicked, count(*) FILTER (what = 'viewed') AS viewed,
      count(DISTINCT visitor) FILTER (what = 'viewed') AS visitors, count(*) FILTER (what = 'added') AS added,
      count(DISTINCT which) FILTER (what = 'sold') AS orders, sum(won)::BIGINT AS revenue,
      len(list_intersect(coalesce(list(DISTINCT session) FILTER (what = 'viewed'), []), coalesce(list(DISTINCT session) FILTER (what = 'sold'), []))) AS viewed_and_ordered
    FROM did GROUP BY id
    """,
)

table(
    "searches",
    "queries",
    "query",
    """
    SELECT lower(trim(details->>'query')) AS query, count(*) AS searches, count(DISTINCT session) AS sessions,
      count(*) FILTER ((details->>'result_count')::BIGINT = 0) AS empty FROM happened WHERE kind = 'search' GROUP BY 1
    """,
)

# The usual funnel, closed: each step at or after the one before, in the order of the visit's events.
db.execute(
    """
    CREATE TABLE funnel AS WITH
      e AS (SELECT event.* FROM event JOIN begun USING (session)),
      one AS (SELECT session, min(place) AS place FROM e WHERE kind = 'view' AND page = 'products.detail' GROUP BY 1),
      two AS (SELECT session, min(e.place) AS place FROM e JOIN one USING (session) WHERE kind = 'cart_add' AND e.place > one.place GROUP BY 1),
      three AS (SELECT session, min(e.place) AS place FROM e JOIN two USING (session) WHERE kind = 'view' AND page = 'checkout.index' AND e.place > two.place GROUP BY 1),
      four AS (SELECT session, min(e.place) AS place FROM e JOIN three USING (session) WHERE kind = 'order_placed' AND e.place > three.place GROUP BY 1)
    SELECT (SELECT count(*) FROM begun) AS zero, (SELECT count(*) FROM one) AS one, (SELECT count(*) FROM two) AS two,
      (SELECT count(*) FROM three) AS three, (SELECT count(*) FROM four) AS four
    """
)
same("funnel.steps", [row["reached"] for row in asked("funnel")["tables"]["steps"]], list(db.execute("SELECT * FROM funnel").fetchone()))

table(
    "funnel",
    "pages",
    "page",
    """
    WITH v AS (SELECT session, page, place, count(*) OVER (PARTITION BY session) AS views, min(place) OVER (PARTITION BY session) AS low,
                 max(place) OVER (PARTITION BY session) AS high FROM event JOIN begun USING (session) WHERE kind = 'view')
    SELECT page, count(*) AS views, count(*) FILTER (place = low) AS entries, count(*) FILTER (place = high) AS exits,
      count(*) FILTER (views = 1) AS bounces FROM v GROUP BY page
    """,
)

# 1970-01-01 was a Thursday: weeks begin on Mondays.
week = "((moment + {0} * 3600000000) // 86400000000 + 3) // 7".format(hours)
for row in rows(
    f"""
    SELECT strftime(make_timestamp((cohort * 7 - 3) * 86400000000), '%Y-%m-%d') AS cohort, week - cohort AS after, count(DISTINCT visitor) AS came FROM
      (SELECT visitor, {week} AS week FROM event JOIN visit USING (session))
      JOIN (SELECT visitor, {week} AS cohort FROM (SELECT visitor, first AS moment FROM person)) USING (visitor) GROUP BY 1, 2
    """
):
    ours = [one for one in asked("retention")["tables"]["came_back"] if one["cohort"] == row["cohort"]]
    same(f"retention {row['cohort']} +{row['after']}", ours[0][f"week_{row['after']}"], row["came"])

for (experiment,) in db.execute("SELECT DISTINCT details->>'experiment' FROM happened WHERE kind = 'exposure' ORDER BY 1").fetchall():
    table(
        "experiments",
        "variants",
        "variant",
        f"""
        WITH subject AS (
            SELECT visitor, min(moment) AS since, min(details->>'variant') AS variant, count(DISTINCT details->>'variant') AS variants,
              bool_or(coalesce((details->>'forced')::BOOLEAN, false)) AS forced
            FROM happened WHERE kind = 'exposure' AND details->>'experiment' = '{experiment}' GROUP BY visitor),
          outcome AS (
            SELECT subject.visitor, variant, count(moment) AS orders, coalesce(sum((details->>'total')::BIGINT), 0)::BIGINT AS revenue
            FROM subject LEFT JOIN (SELECT * FROM happened WHERE kind = 'order_placed') o ON o.visitor = subject.visitor AND o.moment >= since
            WHERE variants = 1 AND NOT forced GROUP BY 1, 2)
        SELECT variant, count(*) AS exposed, count(*) FILTER (orders > 0) AS converted, count(*) FILTER (orders > 0) / count(*) AS conversion,
          sum(revenue) / count(*) AS revenue_per_visitor FROM outcome GROUP BY variant
        """,
        f"&experiment={experiment}",
    )

    # CUPED's past: views of visits before the first that shows the experiment, whenever that was.
    past = rows(
        f"""
        WITH subject AS (
            SELECT visitor FROM happened WHERE kind = 'exposure' AND details->>'experiment' = '{experiment}' GROUP BY visitor
            HAVING count(DISTINCT details->>'variant') = 1 AND NOT bool_or(coalesce((details->>'forced')::BOOLEAN, false))),
          shown AS (
            SELECT visitor, min((first, session)) AS since FROM visit JOIN event USING (session)
            WHERE kind = 'exposure' AND details->>'experiment' = '{experiment}' GROUP BY visitor),
          before AS (
            SELECT DISTINCT visitor FROM visit JOIN event USING (session) JOIN shown USING (visitor) WHERE kind = 'view' AND (first, session) < since)
        SELECT count(before.visitor) / count(*) AS share FROM subject LEFT JOIN before USING (visitor)
        """
    )[0]["share"]
    for row in asked("experiments", f"&experiment={experiment}")["tables"]["past"]:
        same(f"experiments.past {experiment}: with_past", row["with_past"], past)

vital = lambda field, share: nearest(f"(details->>'{field}')::FLOAT", share) + "::DOUBLE"
table(
    "performance",
    "vitals",
    "page",
    f"""
    SELECT page, count(*) AS measured, {vital('lcp_ms', .5)} AS lcp_p50, {vital('lcp_ms', .75)} AS lcp_p75, {vital('lcp_ms', .95)} AS lcp_p95,
      {vital('lcp_ms', .99)} AS lcp_p99, {vital('inp_ms', .75)} AS inp_p75, {vital('cls', .75)} AS cls_p75, {vital('fcp_ms', .75)} AS fcp_p75,
      {vital('ttfb_ms', .5)} AS ttfb_p50, {vital('ttfb_ms', .99)} AS ttfb_p99 FROM happened WHERE kind = 'page_performance' GROUP BY page
    """,
)
number = lambda field, share: nearest(f"(details->>'{field}')::BIGINT", share) + "::DOUBLE"
table(
    "attention",
    "dwell",
    "page",
    f"""
    SELECT page, count(*) AS stays, {number('active_ms', .5)} AS active_p50, {number('active_ms', .9)} AS active_p90, {number('total_ms', .5)} AS total_p50
    FROM happened WHERE kind = 'dwell' GROUP BY page
    """,
)

# How long the shop took: each sink's pages have the lines of its own folder.
if len(folders) == 1:
    millis = lambda share: nearest("took", share)
    db.execute(
        f"""
        CREATE TABLE request AS SELECT coalesce(http.endpoint, 'no route') AS endpoint, http.status AS status, performance.processing_time_ms AS took
        FROM read_json('{folders[0]}/app-*.log', format = 'newline_delimited', columns = {{
          timestamp: 'TIMESTAMPTZ', event_type: 'VARCHAR', phase: 'VARCHAR', session_id: 'VARCHAR',
          http: 'STRUCT(endpoint VARCHAR, status BIGINT)', performance: 'STRUCT(processing_time_ms DOUBLE)'}}), border
        WHERE event_type = 'request' AND phase = 'finished' AND epoch_us(timestamp) >= low AND epoch_us(timestamp) < high
          AND coalesce(session_id, '') NOT IN (SELECT session FROM event WHERE bot)
        """
    )
    table(
        "server",
        "endpoints",
        "endpoint",
        f"""
        SELECT endpoint, count(*) AS requests, count(*) FILTER (status >= 500) AS errors, {millis(.5)} AS p50, {millis(.95)} AS p95, {millis(.99)} AS p99
        FROM request GROUP BY endpoint
        """,
    )

print(f"{name}: {compared} figures alike, {overview['figures']['sessions']['value']} sessions of {first} to {last}")
