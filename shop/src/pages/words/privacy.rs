//! What is recorded and what a visitor can choose, in each language.

pub struct Privacy {
    pub title: &'static str,
    pub lead: &'static str,
    pub choice: Choice,
    pub recorded: Recorded,
    pub sections: &'static [Section],
}

/// How much may be recorded.
pub struct Choice {
    pub title: &'static str,
    pub everything: &'static str,
    pub everything_text: &'static str,
    pub necessary: &'static str,
    pub necessary_text: &'static str,
    pub save: &'static str,
    pub saved: &'static str,
    /// When the browser has decided already.
    pub privacy_control: &'static str,
}

/// What the shop recorded of this visit.
pub struct Recorded {
    pub title: &'static str,
    pub text: &'static str,
    pub nothing: &'static str,
    pub again: &'static str,
}

/// A heading and its paragraphs.
pub struct Section {
    pub heading: &'static str,
    pub text: &'static [&'static str],
}

pub(super) static KO: Privacy = Privacy {
    title: "개인정보와 기록",
    lead: "이 가게는 데이터 엔지니어링을 배우려고 만들었고, 무엇을 기록하는지 숨기지 않아요.",
    choice: Choice {
        title: "어디까지 기록할까요",
        everything: "모두 기록해도 좋아요",
        everything_text: "본 페이지, 검색, 클릭, 머문 시간까지 기록해요.",
        necessary: "꼭 필요한 것만",
        necessary_text: "장바구니, 주문, 계정에 일어난 일과 요청 기록만 남겨요. IP 주소는 뒷자리를 지우고, 브라우저 이름은 남기지 않아요.",
        save: "이대로 하기",
        saved: "바꿨어요. 지금부터 이대로 기록해요.",
        privacy_control: "브라우저가 Global Privacy Control을 보내고 있어서, 무엇을 고르든 꼭 필요한 것만 기록해요.",
    },
    recorded: Recorded {
        title: "이번 방문에서 기록한 것",
        text: "새것부터 50개까지 보여 드려요. 줄을 누르면 기록 그대로 볼 수 있어요.",
        nothing: "아직 없어요.",
        again: "다시 보기",
    },
    sections: &[
        Section {
            heading: "무엇을 기록하나요",
            text: &[
                "어떤 페이지를 보고, 무엇을 검색하고, 무엇을 담고, 어디를 눌렀는지를 기록해요. 페이지에 머문 시간과 스크롤한 정도도 함께 남겨요.",
                "기록에는 방문 번호, 방문자 번호, IP 주소, 브라우저 이름이 들어가요. 방문자 번호(visitor_id)는 방문 쿠키에서 가게의 비밀 열쇠로 만든 번호라서, 다시 온 브라우저라는 것은 알 수 있어도 누구인지, 쿠키가 무엇인지는 알아낼 수 없어요. 꼭 필요한 것만 기록할 때에는 없고, 계정을 지우면 새 번호가 돼요.",
                "비밀번호, 주소, 이름, 이메일, 입력한 글자는 기록에 들어가지 않아요. 검색어는 들어가요.",
                "가끔 버튼 글이나 상품 순서를 두 가지로 만들어 어느 쪽이 나은지 알아봐요. 어느 쪽을 보게 될지는 방문 쿠키로 정해지고, 모두 기록해도 좋을 때만 본 것을 기록해요.",
            ],
        },
        Section {
            heading: "쿠키",
            text: &[
                "방문 쿠키는 장바구니와 방문을 이어 줘요. 언어, 화면 밝기, 기록 쿠키와 기록 서랍을 끄는 쿠키는 고르셨을 때만, 로그인 쿠키는 로그인한 동안에만 있어요. 최근 본 상품의 쿠키는 모두 기록해도 좋을 때만 있어요. 로그인한 적이 있는 브라우저라는 쿠키는 다른 사람의 비밀번호 추측을 막는 데에만 써요. 다른 회사의 쿠키는 없어요.",
            ],
        },
        Section {
            heading: "얼마나 두나요",
            text: &[
                "활동 기록은 기본으로 30일 뒤에 지워요. 주문과 계정 정보는 그보다 오래 남아요. 계정을 지우면 이름, 이메일, 비밀번호, 주소는 바로 지우고, 누구의 것인지 모르는 기록만 남겨요.",
            ],
        },
        Section {
            heading: "자바스크립트",
            text: &["머문 시간과 클릭은 자바스크립트가 알려 줘요. 꺼도 가게는 그대로 쓸 수 있어요."],
        },
    ],
};

pub(super) static EN: Privacy = Privacy {
    title: "Privacy and what is recorded",
    lead: "This shop exists for learning data engineering, and it is open about what it records.",
    choice: Choice {
        title: "How much may be recorded",
        everything: "Everything is fine",
        everything_text: "Pages you look at, searches, clicks and how long you stay are recorded.",
        necessary: "Only what is necessary",
        necessary_text: "Only requests and what happens to carts, orders and accounts. The end of your IP address is cut off, your browser's name is not kept.",
        save: "Do it this way",
        saved: "Changed. From now on it is done this way.",
        privacy_control: "Your browser sends Global Privacy Control, so only what is necessary is recorded, whatever is chosen here.",
    },
    recorded: Recorded {
        title: "Recorded in this visit",
        text: "Up to 50, the newest first. Open a line to read the record as it is.",
        nothing: "Nothing yet.",
        again: "Look again",
    },
    sections: &[
        Section {
            heading: "What is recorded",
            text: &[
                "Which pages you look at, what you search for, what you put into the cart, and what you click. Also how long a page was open and how far you scrolled.",
                "Each record has the number of the visit, a visitor number, your IP address and your browser's name. The visitor number (visitor_id) is made from the visit cookie with a secret key of the shop: it tells that a browser came back, but not who you are, and nobody can turn it back into the cookie. There is none when only what is necessary is recorded, and a new one after you delete your account.",
                "Passwords, addresses, names, e-mail and what you type are never in there. Search words are.",
                "At times there are two versions of a button or of an order of products, to find out which is better. The visit cookie decides which one you see; that you saw it is recorded only while everything may be recorded.",
            ],
        },
        Section {
            heading: "Cookies",
            text: &[
                "The visit cookie ties the cart and your visits together. The cookies for language, light or dark, the drawer and recording exist once you choose, the sign-in cookie while you are signed in. What you looked at last is in a cookie only while everything may be recorded. One more says that this browser has signed in before; it only keeps strangers who guess passwords from locking you out. There are no cookies of other companies.",
            ],
        },
        Section {
            heading: "How long it is kept",
            text: &[
                "Records of activity are deleted after 30 days by default. Orders and account details stay longer. When you delete your account, name, e-mail, password and addresses are erased at once; what stays is about nobody.",
            ],
        },
        Section {
            heading: "JavaScript",
            text: &["Stays and clicks are reported by JavaScript. The shop works without it."],
        },
    ],
};
