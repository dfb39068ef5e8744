//! The words of what surrounds the products: menu, footer, and the front page's collections.

use crate::domain::Language;

pub struct Around {
    pub menu: &'static str,
    pub shop: &'static str,
    pub help: &'static str,
    pub books: &'static str,
    pub about: &'static str,
    pub delivery: &'static str,
    pub returns: &'static str,
    pub insights: &'static str,
    pub classroom: &'static str,
    pub contract: &'static str,
    pub featured: &'static str,
    pub gifts: &'static str,
    pub gifts_text: &'static str,
    /// What the gifts are searched by.
    pub gifts_query: &'static str,
    pub small: &'static str,
    pub small_text: &'static str,
    pub recent_searches: &'static str,
    /// What several visitors searched for.
    pub asked_often: &'static str,
    pub popular: &'static str,
}

impl Around {
    #[must_use]
    pub const fn of(language: Language) -> &'static Self {
        match language {
            Language::Ko => &KO,
            Language::En => &EN,
        }
    }
}

static KO: Around = Around {
    menu: "카테고리",
    shop: "둘러보기",
    help: "도움",
    books: "장부",
    about: "오래 쓸 물건을 고르고, 가게에서 일어난 일을 모두 적어 누구나 볼 수 있게 펼쳐 두는 가게예요.",
    delivery: "월~토요일 14시까지 주문하면 다음 영업일에 도착해요. 5만 원부터 배송비가 무료예요.",
    returns: "받은 날부터 7일 안에 교환하거나 반품할 수 있어요.",
    insights: "숫자로 보는 가게",
    classroom: "교실",
    contract: "데이터 계약",
    featured: "이번 주에 고른 물건",
    gifts: "선물하기 좋은 물건",
    gifts_text: "생일에도, 집들이에도 가볍게 들고 갈 수 있어요.",
    gifts_query: "선물",
    small: "만 원으로",
    small_text: "만 원 한 장이면 살 수 있는 것들이에요.",
    recent_searches: "최근에 찾은 말",
    asked_often: "여럿이 찾은 말",
    popular: "지금 많이 찾아요",
};

static EN: Around = Around {
    menu: "Categories",
    shop: "Browse",
    help: "Help",
    books: "Open books",
    about: "Things to keep for long, and everything that happens in the shop written down for all to see.",
    delivery: "Ordered by 14:00 from Monday to Saturday, it arrives on the next working day. Free from ₩50,000.",
    returns: "Returns and exchanges within 7 days of delivery.",
    insights: "The shop in figures",
    classroom: "Classroom",
    contract: "Data contract",
    featured: "Chosen this week",
    gifts: "Good to give",
    gifts_text: "For a birthday or a new home, and easy to carry.",
    gifts_query: "gift",
    small: "Under ₩10,000",
    small_text: "One banknote is enough.",
    recent_searches: "Your last searches",
    asked_often: "Many search for",
    popular: "Popular now",
};
