"""The shop that this project began from, as small as it can be: Flask, a template, two daily log files, a row for each activity.

Only for tests/bench/run.sh, which puts `de-shop run` beside it. Everything happens within the request, as that design has it.
"""

import json
import logging
import os
import time
import uuid
from datetime import datetime, timezone
from logging.handlers import TimedRotatingFileHandler

from flask import Flask, g, render_template, request, session
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event
from sqlalchemy.pool import QueuePool

FOLDER = os.environ["FLASK_SHOP_FOLDER"]
PRODUCTS = [
    {"id": number, "name": f"Tea no. {number}", "price": 1000 * number, "category": number % 8, "stock": 5, "about": "A tea. " * 20}
    for number in range(1, 271)
]

app = Flask(__name__)
app.secret_key = "a bench has no secrets"
app.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{FOLDER}/flask.db"
app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"poolclass": QueuePool}
db = SQLAlchemy(app)


class UserActivityLog(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    timestamp = db.Column(db.DateTime, index=True, nullable=False)
    user_id = db.Column(db.Integer)
    session_id = db.Column(db.String(32))
    activity_type = db.Column(db.String(50))
    entity_type = db.Column(db.String(50))
    entity_id = db.Column(db.Integer)
    details = db.Column(db.JSON)
    ip_address = db.Column(db.String(45))
    user_agent = db.Column(db.String(255))


def daily(name):
    logger = logging.getLogger(name)
    handler = TimedRotatingFileHandler(f"{FOLDER}/{name}.log", when="midnight", backupCount=30)
    handler.setFormatter(logging.Formatter("%(message)s"))
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    return logger


app_log, activity_log = daily("app"), daily("user_activity")


def log_request(message, **more):
    line = {
        "timestamp": datetime.now(timezone.utc).isoformat(),
        "level": "INFO",
        "message": message,
        "module": "daily_logger",
        "request_id": g.request_id,
        "http": {"method": request.method, "path": request.path, "ip": request.remote_addr},
    }
    app_log.info(json.dumps(line | more))


@app.before_request
def begin():
    g.began, g.request_id = time.perf_counter(), str(uuid.uuid4())
    session.setdefault("id", uuid.uuid4().hex)
    log_request("request started")


@app.after_request
def end(response):
    took = (time.perf_counter() - g.began) * 1000
    log_request("request finished", performance={"processing_time_ms": round(took, 3)})
    return response


def log_activity(event_type, entity_type, entity_id, details):
    now = datetime.now(timezone.utc)
    line = {
        "timestamp": now.isoformat(),
        "session_id": session["id"],
        "event_type": event_type,
        "user_id": None,
        "entity_type": entity_type,
        "entity_id": entity_id,
        "endpoint": request.endpoint,
        "method": request.method,
        "path": request.path,
        "args": request.args.to_dict(),
        "form": request.form.to_dict(),
        "ip_address": request.remote_addr,
        "user_agent": request.user_agent.string,
        "referrer": request.referrer,
        "response_status": 200,
    }
    activity_log.info(json.dumps(line))
    row = UserActivityLog(
        timestamp=now,
        session_id=session["id"],
        activity_type=event_type,
        entity_type=entity_type,
        entity_id=entity_id,
        details=details,
        ip_address=request.remote_addr,
        user_agent=request.user_agent.string,
    )
    db.session.add(row)
    db.session.commit()


@app.get("/products/<int:number>")
def detail(number):
    product = PRODUCTS[number - 1]
    related = [other for other in PRODUCTS if other["category"] == product["category"]][:8]
    log_activity("view", "product", number, {"page": "products.detail"})
    return render_template("product.html", product=product, related=related)


with app.app_context():

    @event.listens_for(db.engine, "connect")
    def as_an_operator_would(connection, _):
        """Readers don't wait for who writes, and a commit doesn't wait for the disk."""
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")

    db.create_all()
    # The workers, which are copies of this process, open connections of their own.
    db.engine.dispose()
