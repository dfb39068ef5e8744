//! A shop's store with a clock to set, and people who shop.

use std::io::Write as _;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use schemas::{Clock, ProductId, SessionId, Timestamp, UserId};
use shop::domain::account::NewAccount;
use shop::domain::delivery::DeliveryForm;
use shop::domain::{Belongings, Cart, CartError, Command, Delivery, Language, Order, OrderError, Quantity, VisitorId};
use shop::observe::Occasion;
use shop::store::{Answers, CartOwner, CheckoutToken, Credentials, NewSignIn, NotDone, Store, Submitted};
use sqlx::{Connection, Executor, PgConnection, Row, TypeInfo, ValueRef};
use uuid::Uuid;

/// Writes each test once, for both databases.
macro_rules! on_each_database {
    ($($test:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                let world = crate::world::World::on_sqlite().await;
                super::$test(&world).await;
            })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                let Some(world) = crate::world::World::on_postgres().await else { return };
                super::$test(&world).await;
                world.drop_database().await;
            })+
        }
    };
}
pub(crate) use on_each_database;

/// What the store answered, a refusal included.
pub(crate) fn answered<T, R>(outcome: Result<T, NotDone<R>>) -> Result<T, R> {
    outcome.map_err(|why| match why {
        NotDone::Refused(why) => why,
        NotDone::Failed(error) => panic!("the store failed: {error}"),
    })
}

pub(crate) const PASSWORD: &str = "correct horse battery";

/// What stands in tables that a rebuild makes afresh, and in which order to compare it.
const PROJECTIONS: [&str; 8] = [
    "SELECT * FROM cart ORDER BY owner",
    "SELECT * FROM cart_line ORDER BY owner, product_id",
    "SELECT * FROM wishes ORDER BY owner",
    "SELECT * FROM wish ORDER BY owner, product_id",
    "SELECT * FROM orders ORDER BY id",
    "SELECT * FROM order_line ORDER BY order_id, position",
    "SELECT * FROM account ORDER BY id",
    "SELECT * FROM stock ORDER BY product_id",
];

pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    pub(crate) url: String,
    next_visitor: AtomicU32,
    /// SQLite: the folder; PostgreSQL: the server and the name of the database.
    home: Home,
}

enum Home {
    Folder(#[expect(dead_code, reason = "kept until the test is over")] tempfile::TempDir),
    Server { url: String, database: String },
}

impl World {
    pub(crate) async fn on_sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("shop.db").display());
        Self::open(url, Home::Folder(folder)).await
    }

    pub(crate) async fn on_postgres() -> Option<Self> {
        let Ok(server) = std::env::var("DE_SHOP_TEST_POSTGRES") else {
            let said = "SKIPPED on PostgreSQL: DE_SHOP_TEST_POSTGRES is not set\n";
            assert!(std::env::var_os("DE_SHOP_TEST_REQUIRE").is_none(), "{said}");
            // Past the test harness, which keeps what passing tests print.
            std::io::stderr().write_all(said.as_bytes()).unwrap();
            return None;
        };
        let database = format!("shop_test_{}", Uuid::new_v4().simple());
        let mut connection = PgConnection::connect(&server).await.unwrap();
        connection
            .execute(sqlx::AssertSqlSafe(format!("CREATE DATABASE {database}")))
            .await
            .unwrap();
        let (base, _) = server.rsplit_once('/').unwrap();
        let url = format!("{base}/{database}");
        Some(Self::open(url, Home::Server { url: server, database }).await)
    }

    async fn open(url: String, home: Home) -> Self {
        let clock = Clock::standing_at(Timestamp::parse("2026-03-14T09:00:00.000000Z").unwrap());
        let store = Store::open(&url, "test".parse().unwrap(), clock.clone()).await.unwrap();
        Self {
            store,
            clock,
            url,
            next_visitor: AtomicU32::new(1),
            home,
        }
    }

    pub(crate) async fn drop_database(self) {
        let Home::Server { url, database } = self.home else {
            return;
        };
        let mut connection = PgConnection::connect(&url).await.unwrap();
        let drop = format!("DROP DATABASE {database} WITH (FORCE)");
        connection.execute(sqlx::AssertSqlSafe(drop)).await.unwrap();
    }

    /// Another shop on the same database.
    pub(crate) async fn another_shop(&self, name: &str) -> Store {
        Store::open(&self.url, name.parse().unwrap(), self.clock.clone())
            .await
            .unwrap()
    }

    pub(crate) fn visitor(&self) -> Shopper<'_> {
        let number = self.next_visitor.fetch_add(1, Ordering::Relaxed);
        Shopper {
            world: self,
            store: self.store.clone(),
            visitor: VisitorId([number.to_be_bytes(); 4].concat().try_into().unwrap()),
            user: None,
        }
    }

    pub(crate) fn wait(&self, time: Duration) {
        self.clock
            .set(self.clock.now().plus_micros(i64::try_from(time.as_micros()).unwrap()));
    }

    pub(crate) fn occasion(&self) -> Occasion {
        Occasion {
            at: self.clock.now(),
            session_id: SessionId([7; 16]),
            visitor_id: None,
            user_id: None,
            endpoint: "test.of_the_store",
            method: "POST".to_owned(),
            path: "/test".to_owned(),
            args: schemas::record::Fields::new(),
            form: schemas::record::Fields::new(),
            ip_address: None,
            user_agent: None,
            referrer: None,
            bot: false,
            purpose: None,
            view_id: schemas::EventId(Uuid::from_u128(2)),
            search_id: schemas::EventId(Uuid::from_u128(3)),
            asked_from: None,
            request_id: Uuid::from_u128(1),
            trace_parent: None,
        }
    }

    /// A connection of the test's own, past the store.
    pub(crate) async fn connection(&self) -> sqlx::AnyConnection {
        let mut connection = sqlx::AnyConnection::connect(&self.url).await.unwrap();
        if matches!(self.home, Home::Server { .. }) {
            connection.execute("SET search_path TO shop").await.unwrap();
        }
        connection
    }

    /// Rows as text, column by column.
    pub(crate) async fn rows(&self, select: &'static str) -> Vec<String> {
        let rows = sqlx::query(select)
            .fetch_all(&mut self.connection().await)
            .await
            .unwrap();
        rows.iter().map(row_as_text).collect()
    }

    pub(crate) async fn projections(&self) -> Vec<Vec<String>> {
        let mut tables = Vec::new();
        for select in PROJECTIONS {
            tables.push(self.rows(select).await);
        }
        tables
    }

    /// The types of all facts, in the order of their ids.
    pub(crate) async fn facts(&self) -> Vec<String> {
        self.rows("SELECT event_type FROM event ORDER BY id").await
    }

    pub(crate) fn some_product(&self, at: usize) -> ProductId {
        let catalogue = self.store.catalogue();
        let plenty: Vec<_> = catalogue
            .products()
            .iter()
            .filter(|product| self.store.stock().left(product.id) >= 20)
            .collect();
        plenty[at].id
    }
}

fn row_as_text(row: &sqlx::any::AnyRow) -> String {
    let column = |at: usize| {
        let value = row.try_get_raw(at).unwrap();
        if value.is_null() {
            return "null".to_owned();
        }
        match value.type_info().name() {
            "TEXT" => row.get::<String, _>(at),
            "BLOB" => format!("{:?}", row.get::<Vec<u8>, _>(at)),
            _ => row.get::<i64, _>(at).to_string(),
        }
    };
    (0..row.len()).map(column).collect::<Vec<_>>().join(" | ")
}

/// Somebody with a browser.
#[derive(Clone)]
pub(crate) struct Shopper<'w> {
    pub(crate) world: &'w World,
    pub(crate) store: Store,
    pub(crate) visitor: VisitorId,
    pub(crate) user: Option<UserId>,
}

impl Shopper<'_> {
    pub(crate) fn owner(&self) -> CartOwner {
        CartOwner::of(self.visitor, self.user)
    }

    fn occasion(&self) -> Occasion {
        Occasion {
            user_id: self.user,
            ..self.world.occasion()
        }
    }

    pub(crate) async fn adds(&self, product: ProductId, quantity: u16) -> Result<Cart, CartError> {
        let quantity = Quantity::try_from(quantity).unwrap();
        let from = None;
        let added = self.asks_for(Command::AddToCart {
            product,
            quantity,
            from,
        });
        Ok(added.await?.cart)
    }

    pub(crate) async fn updates(&self, product: ProductId, quantity: u16) -> Result<Cart, CartError> {
        let quantity = Quantity::try_from(quantity).unwrap();
        let updated = self.asks_for(Command::SetQuantities(vec![(product, quantity)]));
        Ok(updated.await?.cart)
    }

    pub(crate) async fn removes(&self, product: ProductId) -> Result<Cart, CartError> {
        Ok(self.asks_for(Command::RemoveFromCart(product)).await?.cart)
    }

    pub(crate) async fn wishes_for(&self, product: ProductId) -> Result<Belongings, CartError> {
        self.asks_for(Command::AddWish(product)).await
    }

    pub(crate) async fn saves_for_later(&self, product: ProductId) -> Result<Belongings, CartError> {
        self.asks_for(Command::SaveForLater(product)).await
    }

    pub(crate) async fn moves_to_cart(&self, product: ProductId) -> Result<Belongings, CartError> {
        self.asks_for(Command::MoveToCart(product)).await
    }

    async fn asks_for(&self, command: Command) -> Result<Belongings, CartError> {
        let occasion = self.occasion();
        let done = self.store.carry_out(&occasion, self.owner(), &command, (303, None));
        answered(done.await)
    }

    pub(crate) async fn wishes(&self) -> Vec<(i64, u16)> {
        let wishes = self.store.wishes_of(self.owner()).await.unwrap();
        let wishes = wishes.lines.iter();
        wishes.map(|wish| (wish.product.0, wish.quantity.get())).collect()
    }

    pub(crate) async fn cart(&self) -> Vec<(i64, u16)> {
        let cart = self.store.cart_of(self.owner()).await.unwrap();
        cart.lines
            .iter()
            .map(|line| (line.product.0, line.quantity.get()))
            .collect()
    }

    pub(crate) async fn buys_with(&self, token: CheckoutToken) -> Result<Order, OrderError> {
        let delivery = somewhere();
        let submitted = Submitted {
            token,
            delivery: &delivery,
            agreed: None,
        };
        let occasion = self.occasion();
        answered(self.store.place_order(&occasion, self.owner(), submitted, 303).await)
    }

    pub(crate) async fn buys(&self) -> Result<Order, OrderError> {
        self.buys_with(CheckoutToken(*Uuid::new_v4().as_bytes())).await
    }

    pub(crate) async fn cancels(&self, order: schemas::OrderId) -> Result<Order, shop::domain::CancelError> {
        let (occasion, order) = (self.occasion(), (order, Duration::from_hours(1)));
        answered(self.store.cancel_order(&occasion, self.owner(), order, 303).await)
    }

    pub(crate) async fn signs_up(&mut self, email: &str) -> NewSignIn {
        let account = NewAccount::parse(email, PASSWORD, "Kim Mina").unwrap();
        let signed_up = self
            .store
            .sign_up(&self.occasion(), self.visitor, &account, Language::Ko, 303)
            .await;
        let new = signed_up.expect("the address is free");
        self.user = Some(new.who.user);
        new
    }

    pub(crate) async fn signs_in(&mut self, email: &str, password: &str) -> Option<NewSignIn> {
        let typed = Credentials { email, password };
        let answers = Answers {
            accepted: 303,
            refused: 422,
        };
        let occasion = self.occasion();
        let new = self.store.sign_in(&occasion, self.visitor, typed, answers).await;
        let new = answered(new).ok()?;
        self.user = Some(new.who.user);
        Some(new)
    }

    pub(crate) async fn signs_out(&mut self, sign_in: &NewSignIn) {
        self.store.sign_out(&self.occasion(), sign_in.token, 303).await.unwrap();
        self.user = None;
    }
}

pub(crate) fn somewhere() -> Delivery {
    Delivery::parse(DeliveryForm {
        recipient: "Park Jiho",
        phone: "010-1234-5678",
        postcode: "04524",
        address: "110 Sejong-daero, Jung-gu, Seoul",
        address_detail: "Room 303",
        note: "",
    })
    .unwrap()
}
