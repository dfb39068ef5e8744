//! What a topic is for, in plain words: the part of its page that no type can tell.

use schemas::Topic;

use crate::Language;

/// In one sentence or two.
pub(crate) fn purpose(topic: Topic, language: Language) -> &'static str {
    match topic.name() {
        "shop.request" => language.of(
            "Every HTTP request: when it began, how it ended, how long it took, and why it failed.",
            "모든 HTTP 요청이에요. 언제 시작해 어떻게 끝났는지, 얼마나 걸렸는지, 실패했다면 왜인지 담아요.",
        ),
        "shop.app" => language.of(
            "What the program itself has to say: log lines of level INFO and above.",
            "프로그램이 남기는 로그예요. INFO 이상의 줄만 담아요.",
        ),
        "shop.view" => language.of(
            "A page was shown, and which tiles came into sight on it.",
            "페이지가 보여졌고, 그 안에서 어떤 상품이 눈에 들어왔는지 담아요.",
        ),
        "shop.search" => language.of(
            "Somebody searched: what was typed, how it was filtered, how much was found.",
            "누군가 검색했어요. 입력한 말, 필터, 찾은 개수를 담아요.",
        ),
        "shop.cart" => language.of(
            "Facts about carts and wish lists: added, changed, removed, merged on signing in.",
            "장바구니와 찜 목록의 사실이에요. 담기, 변경, 삭제, 로그인할 때의 합치기를 담아요.",
        ),
        "shop.order" => language.of(
            "Facts about orders: placed and cancelled.",
            "주문과 취소라는 사실이에요.",
        ),
        "shop.account" => language.of(
            "Facts about accounts: signed up, signed in, failed to, signed out. Never a password or an e-mail address.",
            "계정의 사실이에요. 가입, 로그인, 로그인 실패, 로그아웃을 담고 비밀번호와 이메일은 담지 않아요.",
        ),
        "shop.dwell" => language.of(
            "How long a page was really looked at, how far it was scrolled, and how fast it was there.",
            "페이지를 실제로 얼마나 보았는지, 어디까지 스크롤했는지, 얼마나 빨리 떴는지 담아요.",
        ),
        "shop.click" => language.of(
            "What was clicked and where on the page; forms that were left unfinished.",
            "무엇을, 페이지의 어디에서 눌렀는지 담아요. 쓰다 만 입력란도 있어요.",
        ),
        "shop.exposure" => language.of(
            "Which variant of an experiment somebody saw (A/B tests).",
            "실험(A/B 테스트)에서 어떤 변형을 보았는지 담아요.",
        ),
        "shop.product" => language.of(
            "What is sold: names, category, price. Compacted: the newest message of each product stays for good.",
            "파는 상품이에요. 이름, 분류, 가격을 담고, 압축 토픽이라 상품마다 가장 새 메시지가 남아요.",
        ),
        "shop.dead-letter" => language.of(
            "What the sink refused: the original bytes, with the reason and the place where they stood in headers.",
            "싱크가 거절한 메시지예요. 원래 바이트 그대로이고, 이유와 원래 위치는 헤더에 있어요.",
        ),
        _ => language.of("A topic of the shop.", "가게의 토픽이에요."),
    }
}

/// What the key is.
pub(crate) fn key(topic: Topic, language: Language) -> &'static str {
    match topic.name() {
        "shop.product" => language.of("the product's id", "상품 번호"),
        "shop.dead-letter" => language.of("the key of the refused message", "거절된 메시지의 키"),
        "shop.app" => language.of(
            "the session id where there is one (32 hexadecimal digits), otherwise none",
            "세션 번호(16진수 32자리), 없으면 비어 있어요",
        ),
        _ => language.of("the session id (32 hexadecimal digits)", "세션 번호(16진수 32자리)"),
    }
}

/// What a consumer can rely on, and what not.
pub(crate) fn guarantees(topic: Topic, language: Language) -> [&'static str; 4] {
    let order = if topic == Topic::DeadLetter {
        language.of(
            "Order: as the sink refused them, within a partition.",
            "순서: 한 파티션 안에서 싱크가 거절한 순서예요.",
        )
    } else {
        language.of(
            "Order: one session's messages are in one partition, in the order in which they happened. Between sessions there is none.",
            "순서: 한 세션의 메시지는 한 파티션에 일어난 순서대로 있어요. 세션 사이에는 순서가 없어요.",
        )
    };
    [
        order,
        language.of(
            "Losses: none. A message is in the journal before the page is answered, and is sent until Kafka has acknowledged it.",
            "유실: 없어요. 페이지가 응답하기 전에 저널에 쓰이고, Kafka가 확인할 때까지 보내요.",
        ),
        language.of(
            "Duplicates: rare, after a crash of the shop. `source.instance` and `source.sequence` name an event: skip what is not above the last sequence you have seen of an instance in the partition.",
            "중복: 드물게, 가게가 갑자기 죽은 뒤에 있어요. `source.instance`와 `source.sequence`가 이벤트의 이름이에요. 파티션에서 그 인스턴스의 마지막 번호 이하면 건너뛰세요.",
        ),
        language.of(
            "Changes: only compatible ones. Fields are added, never renamed, never removed; ignore what you don't know.",
            "변경: 호환되는 것만 있어요. 필드는 늘어날 뿐 이름이 바뀌거나 사라지지 않으니, 모르는 필드는 무시하세요.",
        ),
    ]
}
