//! The table `product`: what each product was called and cost, and from when until when.
//!
//! Promises: a message that is read again changes nothing; messages may come in any order, `valid_to` is right after each. (Several shops
//! write to the topic, each by its own clock.) Products change seldom, so a statement each is fast enough.

use schemas::ProductId;
use schemas::events::Product;

use crate::SinkError;
use crate::database::{Connection, Value};

/// What a batch says of products.
#[derive(Debug, Default)]
pub(crate) struct Products(Vec<(ProductId, [Value; 10])>);

impl Products {
    pub(crate) fn push(&mut self, product: &Product<'_>) {
        let values = [
            Value::Int(product.product_id.0),
            Value::from(&*product.name_ko),
            Value::from(&*product.name_en),
            Value::Int(product.category_id.0),
            Value::from(&*product.category_ko),
            Value::from(&*product.category_en),
            Value::Int(product.price),
            Value::from(product.currency.code()),
            Value::from(product.stock_class.name()),
            Value::Text(product.valid_from.to_string()),
        ];
        self.0.push((product.product_id, values));
    }

    /// Within the transaction that is open on `db`.
    pub(crate) async fn insert(self, db: &mut Connection) -> Result<(), SinkError> {
        let moment = match db {
            Connection::Sqlite(_) => "TEXT",
            Connection::Postgres(_) => "TIMESTAMPTZ",
        };
        let insert = format!(
            "INSERT INTO product (product_id, name_ko, name_en, category_id, category_ko, category_en, price, currency, stock_class, \
             valid_from) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, CAST($10 AS {moment})) \
             ON CONFLICT (product_id, valid_from) DO NOTHING"
        );
        for (id, values) in self.0 {
            db.execute(&insert, &values).await?;
            db.execute(VALIDITY, &[Value::Int(id.0)]).await?;
        }
        Ok(())
    }
}

/// Each row of a product holds until the next one does.
const VALIDITY: &str = "UPDATE product SET valid_to = (SELECT MIN(later.valid_from) FROM product AS later \
                        WHERE later.product_id = product.product_id AND later.valid_from > product.valid_from) WHERE product_id = $1";
