//! A visitor's way through every page: empty and full, with and without mistakes, as a guest and signed in.

use crate::world::browser::Browser;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    Ko,
    En,
}

impl Language {
    pub const ALL: [Self; 2] = [Self::Ko, Self::En];

    const fn code(self) -> &'static str {
        match self {
            Self::Ko => "ko",
            Self::En => "en",
        }
    }
}

/// A page that the browser stands on.
pub struct Stop {
    pub name: &'static str,
    /// It can't be fetched again by its address.
    pub answers_a_form: bool,
}

/// How a stop is reached.
#[derive(Clone, Copy)]
enum Way {
    /// By its address.
    Open(&'static str),
    /// By sending the form at an address as it stands there: empty, so with mistakes.
    SendEmpty { page: &'static str, form: &'static str },
}

/// What is done on the way, and leads to no page of its own.
#[derive(Clone, Copy)]
enum Deed {
    FillCart,
    Wish,
    SignUp,
    Order,
}

enum Step {
    Stop(&'static str, Way),
    Do(Deed),
}

const STEPS: &[Step] = &[
    Step::Stop("home", Way::Open("/")),
    Step::Stop("listing", Way::Open("/products/")),
    Step::Stop("category", Way::Open("/products/?category=2&sort=price_asc")),
    Step::Stop("product", Way::Open("/products/101")),
    Step::Stop("search", Way::Open("/search?q=tea")),
    Step::Stop("search-nothing", Way::Open("/search?q=zzzzqqxx")),
    Step::Stop("cart-empty", Way::Open("/cart")),
    Step::Stop("checkout-empty", Way::Open("/checkout")),
    Step::Stop("wishes-empty", Way::Open("/wishlist")),
    Step::Stop("orders-guest", Way::Open("/orders")),
    Step::Stop("login", Way::Open("/login")),
    Step::Stop(
        "login-wrong",
        Way::SendEmpty {
            page: "/login",
            form: "/login",
        },
    ),
    Step::Stop("signup", Way::Open("/signup")),
    Step::Stop(
        "signup-wrong",
        Way::SendEmpty {
            page: "/signup",
            form: "/signup",
        },
    ),
    Step::Stop("privacy", Way::Open("/privacy")),
    Step::Stop("not-found", Way::Open("/no/such/page")),
    Step::Stop("data", Way::Open("/data")),
    Step::Stop("data-topic", Way::Open("/data/topics/shop.view")),
    Step::Stop(
        "data-topic-jump",
        Way::Open("/data/topics/shop.request?partition=0&offset=0"),
    ),
    Step::Stop("data-topic-unknown", Way::Open("/data/topics/shop.veiw")),
    Step::Stop("data-tail", Way::Open("/data/tail")),
    Step::Stop("data-search", Way::Open("/data/search?topic=shop.view&value=products")),
    Step::Stop("data-message", Way::Open("/data/messages/shop.view/0/0")),
    Step::Stop("data-consumer", Way::Open("/data/consumer")),
    Step::Stop("data-documents", Way::Open("/data/documents")),
    Step::Do(Deed::FillCart),
    Step::Do(Deed::Wish),
    Step::Stop("wishes", Way::Open("/wishlist")),
    Step::Stop("product-wished", Way::Open("/products/210")),
    Step::Stop("cart", Way::Open("/cart")),
    Step::Stop("cart-undo", Way::Open("/cart?removed=102&quantity=2")),
    Step::Stop("cart-missing", Way::Open("/cart?missing=102.103")),
    Step::Stop("checkout", Way::Open("/checkout")),
    Step::Stop(
        "checkout-wrong",
        Way::SendEmpty {
            page: "/checkout",
            form: "/checkout",
        },
    ),
    Step::Do(Deed::SignUp),
    Step::Do(Deed::Order),
    Step::Stop("account", Way::Open("/account")),
    Step::Stop("account-done", Way::Open("/account?done=password")),
    Step::Stop(
        "account-wrong",
        Way::SendEmpty {
            page: "/account",
            form: "/account/password",
        },
    ),
    Step::Stop("orders", Way::Open("/orders")),
];

pub struct Tour<'a> {
    browser: &'a Browser,
    shop: String,
    language: Language,
    steps: std::slice::Iter<'static, Step>,
}

impl<'a> Tour<'a> {
    pub async fn of(browser: &'a Browser, shop: &str, language: Language) -> Self {
        let tour = Self {
            browser,
            shop: shop.to_owned(),
            language,
            steps: STEPS.iter(),
        };
        tour.opens("/").await;
        browser.page.delete_all_cookies().await.expect("a new visitor");
        tour.opens("/").await;
        tour.posts("/language", &format!("language={}&next=/", language.code()))
            .await;
        tour
    }

    /// The browser goes on to the next page.
    pub async fn goes_on(&mut self) -> Option<Stop> {
        loop {
            match self.steps.next()? {
                Step::Do(deed) => self.does(*deed).await,
                Step::Stop(name, way) => {
                    let answers_a_form = matches!(way, Way::SendEmpty { .. });
                    self.reaches(*way).await;
                    return Some(Stop { name, answers_a_form });
                }
            }
        }
    }

    async fn reaches(&self, way: Way) {
        match way {
            Way::Open(path) => self.opens(path).await,
            Way::SendEmpty { page, form } => {
                self.opens(page).await;
                let script = format!(
                    "const form = document.querySelector('main form[action=\"{form}\"]');
                     for (const field of form.querySelectorAll('input:not([type=hidden]), textarea')) field.value = '';
                     form.noValidate = true; form.requestSubmit();"
                );
                self.browser.runs(&script).await;
                self.browser.sees("[aria-invalid=true], main [role=alert]").await;
            }
        }
    }

    async fn does(&self, deed: Deed) {
        match deed {
            Deed::FillCart => {
                self.posts("/cart/add", "product_id=101&quantity=2").await;
                self.posts("/cart/add", "product_id=305&quantity=1").await;
            }
            Deed::Wish => {
                self.posts("/wishlist/add", "product_id=210").await;
                self.posts("/cart/later", "product_id=305").await;
                self.posts("/cart/add", "product_id=305&quantity=1").await;
            }
            Deed::SignUp => {
                let email = format!("tour-{}@example.com", self.language.code());
                let form = format!(
                    "email={email}&name=Kim+Haneul&password=a+long+pass+phrase&password_again=a+long+pass+phrase"
                );
                self.posts("/signup", &form).await;
            }
            Deed::Order => {
                self.opens("/checkout").await;
                for (field, text) in [
                    ("input[name=recipient]", "김하늘"),
                    ("input[name=phone]", "010-1234-5678"),
                    ("input[name=postcode]", "03187"),
                    ("[name=address]", "서울특별시 종로구 세종대로 1"),
                ] {
                    self.browser.sees(field).await.clear().await.expect("a field");
                    self.browser.types(field, text).await;
                }
                self.browser.clicks("form[action='/checkout'] [type=submit]").await;
                self.browser.is_on("/orders/").await;
            }
        }
    }

    async fn opens(&self, path: &str) {
        let address = format!("{}{path}", self.shop);
        self.browser.page.goto(address).await.expect("the shop answers");
        self.browser.sees("main").await;
    }

    async fn posts(&self, path: &str, form: &str) {
        let script = format!(
            "const done = arguments[arguments.length - 1];
             fetch('{path}', {{ method: 'POST', body: new URLSearchParams('{form}') }}).then((answer) => done(answer.ok), (error) => done(String(error)));"
        );
        let done = self.browser.page.execute_async(script, vec![]).await;
        assert_eq!(done.expect("the form is sent").json(), true, "POST {path}");
    }
}
