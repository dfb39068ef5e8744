//! Words of everyday shopping that are spelled right, whether this shop sells the thing or not: who asks for ramen is not meant to have
//! mistyped a mask (`라면`, `가면`). What they mean here, if anything, the synonyms say.
//!
//! Not for: a dictionary. A word that is missing is mended as any other, and what was mended is said.

use std::sync::LazyLock;

/// Sorted, a space between them.
const WORDS: &str = "\
airpods battery beef beer belt birthday blanket blender blinds bra bracelet bread broom butter \
cabinet cable cake carpet case cereal cheese chicken christmas coat cola curtain desk diaper \
dishwasher dresser drone dryer earring egg eggs espresso fan fish flour food freezer fridge gift \
golf heater helmet ipad iphone jam jeans juice kettle keyboard kimchi laptop latte lego macbook \
makeup mat meat microwave milk monitor mop necklace nintendo noodles onion oven pajamas pepper \
perfume pillow pizza pork potato present printer ramen rice ring router rug salt sand sheets shelf \
shelves ski skirt slippers soap soda soup speaker steak stroller sugar suitcase sushi sweater \
swimsuit switch tablet toaster towel tuna underwear usb vacuum vase vitamin wallet washer watch \
water whistle wig wine yoga yogurt 가글 가면 가습기 가죽 간장 강아지사료 강판 갤럭시 건조기 게임 계란 고기 고데기 고양이사료 고추장 골프 골프공 \
골프채 공유기 과일 광어 국밥 국수 국자 귀걸이 귀마개 그네 기저귀 김 김밥 김치 껌 나물 낙지 냅킨 냉면 냉장고 네일 노래방 니트 닌텐도 달걀 달러 닭고기 대파 덤벨 도넛 도마 \
도어락 돗자리 동전 돼지고기 된장 두부 두유 드라이기 드론 등산 딸기 딸기잼 떡 떡볶이 라떼 라면 랩 러그 러닝머신 레고 로봇청소기 리모컨 린스 립밤 마늘 마스카라 마스크 마요네즈 \
마카롱 막걸리 만두 망고 매트 매트리스 맥주 맨투맨 머리띠 멀티탭 면봉 멸치 모기장 모니터 모래 목걸이 무릎담요 문제집 물 물병 물티슈 미역 믹서기 믹스커피 밀가루 바나나 반지 \
반팔 밥솥 방석 배추 백팩 버즈 버터 베개 베이컨 벨트 보드게임 보리차 보온병 보조배터리 복숭아 분유 붕어빵 브라 블라인드 블렌더 블록 비옷 비타민 비타민씨 빨래건조대 사료 사이다 \
삼겹살 상추 새우 새우깡 색연필 생리대 생선 생수 생일 샴푸 서랍장 선글라스 선물 선반 선풍기 설탕 섬유유연제 세제 세탁기 소고기 소금 소시지 소주 속옷 손수건 수건 수박 수세미 \
수영복 수저통 순대 스키 스탠드 스팀다리미 스피커 슬리퍼 시금치 식빵 식용유 식초 식탁 신발장 아기띠 아령 아메리카노 아이라이너 아이스크림 아이폰 안마기 액체세제 양파 어묵 어항 \
에어컨 에어팟 에어프라이어 여권 연어 영양제 오렌지 오븐 오이 오징어 옷걸이 옷장 와인 와플 요가매트 요가복 요거트 욕실매트 우동 우비 우산 우유 원목 유모차 유산균 육포 이불 \
이어폰 이유식 인형뽑기 잠옷 잡곡 장갑 장미 장판 장화 전기장판 전자레인지 접이식 젓갈 정수기 젖병 제로콜라 제습기 젤리 조미료 족발 주스 줄넘기 즉석밥 집게 짜장면 참기름 참외 \
참치 책가방 책상 책장 청소기 체중계 초밥 춘장 치마 치약 치킨 카네이션 카레 카시트 카펫 캐리어 캡슐커피 커튼 컵라면 케이블 케이스 케이크 코끼리 코트 콘센트 콜라 콩나물 쿠션 \
크리스마스 크림 타월 탄산수 태블릿 텀블러 토너 토마토 토스터 트리트먼트 파스 파운데이션 파자마 팔찌 패드 팬티 포도 포스트잇 폼클렌징 프로틴 피자 피크닉 필통 하이볼 한우 해먹 \
핸드폰 햄버거 행거 행주 향수 허리띠 헬멧 호두 홍삼 홍차 화장품 후드티 후추 휴대폰 휴대폰케이스";

static LIST: LazyLock<Vec<&str>> = LazyLock::new(|| WORDS.split(' ').collect());

pub(super) fn is_right(word: &str) -> bool {
    let word = word.to_lowercase();
    LIST.binary_search(&word.as_str()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_can_be_searched() {
        assert!(LIST.is_sorted());
        assert!(is_right("라면") && is_right("Gift") && !is_right("gilt"));
    }
}
