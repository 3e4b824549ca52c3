"""Documents of operators: types, normal forms, check characters, hints and masks."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from stdnum.cn import ric, uscc
from stdnum.iso7064 import mod_11_10

from icpgate.document import DocumentType, Problem, document_defect, is_mainland, is_personal, mask

CREDIT = "0123456789ABCDEFGHJKLMNPQRTUWXY"
ID_CARD = "11010519491231002X"  # the specimen in GB 11643-1999
OLD_ID_CARD = "110105491231002"
RESIDENCE_PERMIT = "810000199408230021"  # the specimen of the permit
REGISTERED = "110108000000016"
ORGANISATION = "600037341"

types = st.sampled_from(DocumentType)
awkward = st.sampled_from("0159XxOoIlSZ×－—– -().*０１Ａa号\u200b\u202e\u3164\ud800ı\u0301ﷺ²")
texts = st.text(st.one_of(awkward, st.characters()), max_size=24)
digits = "0123456789"
bodies = st.builds(
    "{}{}{}".format,
    st.text("123456789", min_size=8, max_size=8),
    st.text(CREDIT, min_size=8, max_size=8),
    st.text(digits, min_size=1, max_size=1),
)
births = st.dates(min_value=date(1900, 1, 1), max_value=date(2099, 12, 31))


def problem_of(document_type: DocumentType, number: str) -> Problem:
    """What is wrong with the number, when something is."""
    problem = document_defect(document_type, number)[1]
    assert problem is not None
    return problem


@pytest.mark.parametrize("document_type", DocumentType)
def test_a_type_reads_its_own_name(document_type: DocumentType) -> None:
    """A type's value is read back, whatever its case and separators."""
    assert DocumentType.read(document_type.value) is document_type
    assert DocumentType.read(f" {document_type.value.upper().replace('_', '-')} ") is document_type
    assert DocumentType.read(document_type.value.replace("_", " ")) is document_type


@pytest.mark.parametrize(
    ("text", "document_type"),
    [
        ("统一社会信用代码", DocumentType.USCC),
        ("Unified Social Credit Code", DocumentType.USCC),
        ("营业执照", DocumentType.BUSINESS_LICENCE),
        ("营业执照（个人或企业）", DocumentType.BUSINESS_LICENCE),
        ("Business License", DocumentType.BUSINESS_LICENCE),
        ("组织机构代码证", DocumentType.ORGANISATION_CODE),
        ("事业单位法人证书", DocumentType.INSTITUTION_CERTIFICATE),
        ("社会团体法人登记证书", DocumentType.SOCIAL_ORGANISATION_CERTIFICATE),
        ("部队代号", DocumentType.MILITARY_CODE),
        ("身份证", DocumentType.ID_CARD),
        ("居民 身份证", DocumentType.ID_CARD),
        ("ＩＤ　ｃａｒｄ", DocumentType.ID_CARD),
        ("军官证", DocumentType.OFFICER_CARD),
        ("護照", DocumentType.PASSPORT),
        ("回乡证", DocumentType.HK_MACAO_PERMIT),
        ("台胞证", DocumentType.TAIWAN_PERMIT),
        ("港澳台居民居住证", DocumentType.HMT_RESIDENCE_PERMIT),
        ("外国人永久居留身份证", DocumentType.PERMANENT_RESIDENT_CARD),
        ("境外注册证书", DocumentType.FOREIGN_REGISTRATION),
        ("其他", DocumentType.OTHER),
    ],
)
def test_what_people_type_is_read(text: str, document_type: DocumentType) -> None:
    """A type is read by the words that forms use for it."""
    assert DocumentType.read(text) is document_type


@pytest.mark.parametrize(
    "text", ["", " ", "1", "102", "证", "港澳通行证", "身份證", "身份证明", "idcard\u200b", "uscc2", " " * 64 + "护照"]
)
def test_a_type_is_never_guessed(text: str) -> None:
    """Codes, parts of words and words with two meanings are no types."""
    assert DocumentType.read(text) is None


@given(texts)
def test_reading_a_type_raises_nothing(text: str) -> None:
    """Any text is a type or not."""
    assert DocumentType.read(text) in {None, *DocumentType}


@pytest.mark.parametrize(
    ("document_type", "number", "normal"),
    [
        (DocumentType.USCC, "91110000600037341L", "91110000600037341L"),
        (DocumentType.USCC, "91110000802100433b", "91110000802100433B"),
        (DocumentType.USCC, "９１５１０１０８ＭＡ６６３２Ｃ６０Ｒ", "91510108MA6632C60R"),
        (DocumentType.USCC, " 9111 0000-MAEX—AMPL1J ", "91110000MAEXAMPL1J"),
        (DocumentType.BUSINESS_LICENCE, "91110000MAEXAMPL2M", "91110000MAEXAMPL2M"),
        (DocumentType.BUSINESS_LICENCE, "1101 0800 0000 016", REGISTERED),
        (DocumentType.ORGANISATION_CODE, "60003734-1", ORGANISATION),
        (DocumentType.ORGANISATION_CODE, "ma6632c6–0", "MA6632C60"),
        (DocumentType.ID_CARD, "110105 19491231 002x", ID_CARD),
        (DocumentType.ID_CARD, OLD_ID_CARD, OLD_ID_CARD),
        (DocumentType.HMT_RESIDENCE_PERMIT, RESIDENCE_PERMIT, RESIDENCE_PERMIT),
        (DocumentType.PASSPORT, "e 1234 5678", "E12345678"),
        (DocumentType.INSTITUTION_CERTIFICATE, "事证第１１０－２号", "事证第110-2号"),
        (DocumentType.OFFICER_CARD, "军字第〔2020〕1234号", "军字第〔2020〕1234号"),
        (DocumentType.FOREIGN_REGISTRATION, "HRB–12345/b", "HRB-12345/B"),
        (DocumentType.OTHER, "A1", "A1"),
    ],
)
def test_good_numbers(document_type: DocumentType, number: str, normal: str) -> None:
    """A number as people type it comes out in one form, without a problem."""
    assert document_defect(document_type, number) == (normal, None)


@pytest.mark.parametrize(
    ("document_type", "number", "message"),
    [
        (DocumentType.USCC, "", "0 characters"),
        (DocumentType.USCC, "91110000600037341", "17 characters"),
        (DocumentType.USCC, "91110000600037341LL", "19 characters"),
        (DocumentType.USCC, "91110000600O37341L", "'O' at character 12"),
        (DocumentType.USCC, "9111000A600037341L", "'A' at character 8"),
        (DocumentType.USCC, "91110000600037341М", "U+041C 'М' at character 18"),
        (DocumentType.USCC, "91110000600037341\u202e", "U+202E '\\u202e' at character 18"),
        (DocumentType.USCC, "91110000600037٣41L", "U+0663 '٣' at character 15"),
        (DocumentType.USCC, "91110000600037341M", "the check character does not fit the rest"),
        (DocumentType.USCC, "91110000600037314L", "the check character does not fit the rest"),
        (DocumentType.USCC, "0" * 18, "a placeholder"),
        (DocumentType.USCC, "91000000600037341" + uscc.calc_check_digit("91000000600037341"), "a placeholder"),
        (DocumentType.USCC, "01110000600037341" + uscc.calc_check_digit("01110000600037341"), "a placeholder"),
        (DocumentType.BUSINESS_LICENCE, "91110000600037341M", "the check character does not fit the rest"),
        (DocumentType.BUSINESS_LICENCE, "1101080000000", "13 characters"),
        (DocumentType.BUSINESS_LICENCE, "11010800000001A", "'A' at character 15"),
        (DocumentType.BUSINESS_LICENCE, "110108000000017", "the check digit does not fit the rest"),
        (DocumentType.BUSINESS_LICENCE, "0" * 15, "the check digit does not fit the rest"),
        (DocumentType.BUSINESS_LICENCE, mod_11_10.calc_check_digit("0" * 14).rjust(15, "0"), "a placeholder"),
        (DocumentType.ORGANISATION_CODE, "60003734", "8 characters"),
        (DocumentType.ORGANISATION_CODE, "60003734A", "'A' at character 9"),
        (DocumentType.ORGANISATION_CODE, "600037342", "the check character does not fit the rest"),
        (DocumentType.ORGANISATION_CODE, "0" * 9, "a placeholder"),
        (DocumentType.ID_CARD, "1101051949123100", "16 characters"),
        (DocumentType.ID_CARD, "X10105194912310021", "'X' at character 1"),
        (DocumentType.ID_CARD, "110105194912310021", "the check character does not fit the rest"),
        (DocumentType.ID_CARD, "11010519490229002X", "no date of birth from character 7 on"),
        (DocumentType.ID_CARD, "11010518991231002X", "no date of birth from character 7 on"),
        (DocumentType.ID_CARD, "11010500001231002X", "no date of birth from character 7 on"),
        (DocumentType.ID_CARD, "99010519491231002X", "no such region in characters 1 and 2"),
        (DocumentType.ID_CARD, "110105491331002", "no date of birth from character 7 on"),
        (DocumentType.ID_CARD, "110105000229002", "no date of birth from character 7 on"),
        (DocumentType.ID_CARD, "11010549123100X", "'X' at character 15"),
        (DocumentType.HMT_RESIDENCE_PERMIT, ID_CARD, "no such region in characters 1 and 2"),
        (DocumentType.HMT_RESIDENCE_PERMIT, OLD_ID_CARD, "15 characters"),
        (DocumentType.PASSPORT, "", "no letter, and no digit but 0"),
        (DocumentType.PASSPORT, "000000", "no letter, and no digit but 0"),
        (DocumentType.PASSPORT, "E1234\u200b5678", "U+200B '\\u200b' at character 6"),
        (DocumentType.OTHER, "A" * 65, "65 characters"),
        (DocumentType.OTHER, "A " * 1_000, "2,000 characters"),
        (DocumentType.OTHER, "ﷺ" * 5, "75 characters"),
        (DocumentType.OTHER, "\u3164", "U+1160 '\u1160' at character 1"),
        (DocumentType.OTHER, "--", "no letter, and no digit but 0"),
        (DocumentType.MILITARY_CODE, "12*45", "'*' at character 3"),
    ],
)
def test_bad_numbers(document_type: DocumentType, number: str, message: str) -> None:
    """A number that its document cannot bear is refused with the place and what was expected."""
    problem = problem_of(document_type, number)
    assert problem.message == message
    assert problem.code == "app.document_number"
    assert problem.expected


@pytest.mark.parametrize(
    ("document_type", "number", "hint"),
    [
        (DocumentType.USCC, "9111O000600037341L", "did you mean 0 for O at character 5?"),
        (
            DocumentType.USCC,
            "9III0000600037341L",
            "did you mean 1 for I at character 2, 1 for I at character 3, 1 for I",
        ),
        (DocumentType.USCC, "91S10108MA6632C60R", "did you mean 5 for S at character 3?"),
        (DocumentType.USCC, "91510108MA663ZC60R", "did you mean 2 for Z at character 14?"),
        (DocumentType.USCC, "9151010BMA6632C60R", "did you mean 8 for B at character 8?"),
        (DocumentType.USCC, "9111000060003734LL", "did you mean L for 1 at character 2 or 1 for L at character 17?"),
        (DocumentType.USCC, "911100006000373411", "did you mean L for 1 at character 18?"),
        (DocumentType.ID_CARD, "110105194912310O2X", "did you mean 0 for O at character 16?"),
        (DocumentType.ID_CARD, "11010519491231002×", "did you mean X for × at character 18?"),
        (DocumentType.ID_CARD, "1IOIO5491231002", "did you mean 1 for I at character 2, 0 for O"),
        (DocumentType.BUSINESS_LICENCE, "11O108000000016", "did you mean 0 for O at character 3?"),
        (DocumentType.ORGANISATION_CODE, "6OOO37341", "did you mean 0 for O at character 2"),
        (DocumentType.USCC, ID_CARD, "it would do for id_card: check the type"),
        (DocumentType.USCC, REGISTERED, "it would do for business_licence: check the type"),
        (DocumentType.USCC, "60003734-1", "it would do for organisation_code: check the type"),
        (DocumentType.ID_CARD, "91110000600037341L", "it would do for uscc or business_licence: check the type"),
        (DocumentType.ID_CARD, RESIDENCE_PERMIT, "it would do for hmt_residence_permit: check the type"),
        (DocumentType.USCC, "91110000600037341M", "copy it from the document"),
        (DocumentType.USCC, "9111OO0060003734", "copy it from the document"),
    ],
)
def test_hints(document_type: DocumentType, number: str, hint: str) -> None:
    """A slip that explains the fault is suggested by its place, and nothing is corrected."""
    problem = problem_of(document_type, number)
    assert problem.hint.startswith(hint)
    assert document_defect(document_type, number)[0] == number.replace("-", "")


@given(bodies)
def test_credit_codes_against_stdnum(body: str) -> None:
    """Of the 31 check characters the one that stdnum computes is right, and no other."""
    right = uscc.calc_check_digit(body)
    assert [c for c in CREDIT if document_defect(DocumentType.USCC, body + c)[1] is None] == [right]
    assert uscc.is_valid(body + right)


@given(st.sampled_from(["110101", "310101", "440103", "650102"]), births, st.integers(1, 999))
def test_id_cards_against_stdnum(region: str, birth: date, order: int) -> None:
    """Of the 11 check characters the one that stdnum computes is right, and no other."""
    body = f"{region}{birth:%Y%m%d}{order:03}"
    right = [c for c in "0123456789X" if document_defect(DocumentType.ID_CARD, body + c)[1] is None]
    assert right == [ric.calc_check_digit(body + "0")]


@given(st.text(digits, min_size=14, max_size=14).filter(lambda text: not text.startswith("000000")))
def test_registration_numbers_against_stdnum(body: str) -> None:
    """Of the ten check digits the one that stdnum computes is right, and no other."""
    right = [c for c in digits if document_defect(DocumentType.BUSINESS_LICENCE, body + c)[1] is None]
    assert right == [mod_11_10.calc_check_digit(body)]


@pytest.mark.parametrize("code", ["91110000600037341L", "91110000802100433B", "91510108MA6632C60R"])
def test_organisation_codes_inside_issued_credit_codes(code: str) -> None:
    """Credit codes as issued hold an organisation code whose check character is right."""
    assert document_defect(DocumentType.ORGANISATION_CODE, code[8:17]) == (code[8:17], None)


@given(types, texts)
def test_any_text_has_a_normal_form(document_type: DocumentType, text: str) -> None:
    """Nothing is raised, and a normal form is its own normal form with the same problem."""
    normal, problem = document_defect(document_type, text)
    assert document_defect(document_type, normal) == (normal, problem)


@given(types, st.text(" -–—－\u3000", max_size=4))
def test_texts_that_say_nothing_stay_apart(document_type: DocumentType, text: str) -> None:
    """A text of nothing but blanks and dashes never becomes empty, and is always refused."""
    normal, problem = document_defect(document_type, text)
    assert bool(normal) == bool(text)
    assert problem is not None


@given(types, st.text(digits + "OISX", min_size=6, max_size=20))
def test_no_problem_repeats_the_number(document_type: DocumentType, text: str) -> None:
    """A message may be logged, so no part of it holds a number."""
    normal, problem = document_defect(document_type, text)
    parts = (problem.message, problem.expected, problem.hint) if problem is not None else ()
    assert not any(normal in part for part in parts)


@pytest.mark.parametrize(
    ("document_type", "number", "shown"),
    [
        (DocumentType.USCC, "91110000600037341L", "9111***341L"),
        (DocumentType.USCC, "9111 0000 6000 3734 1l", "9111***341L"),
        (DocumentType.BUSINESS_LICENCE, REGISTERED, "110***016"),
        (DocumentType.ORGANISATION_CODE, ORGANISATION, "60***41"),
        (DocumentType.MILITARY_CODE, "12345", "1***5"),
        (DocumentType.MILITARY_CODE, "123", "***"),
        (DocumentType.ID_CARD, ID_CARD, "***X"),
        (DocumentType.PASSPORT, "E12345678", "***8"),
        (DocumentType.OFFICER_CARD, "1234567", "***"),
        (DocumentType.OTHER, "91110000600037341L", "***L"),
        (DocumentType.OTHER, "", "***"),
        (DocumentType.USCC, "91110000\u202e00037341L", "***"),
        (DocumentType.USCC, "9*110000600037341L", "***"),
        (DocumentType.USCC, "9" * 65, "***"),
    ],
)
def test_masks(document_type: DocumentType, number: str, shown: str) -> None:
    """Of a company's number little is shown, of a person's almost nothing."""
    assert mask(document_type, number) == shown


@given(types, texts)
def test_a_mask_never_holds_the_number(document_type: DocumentType, text: str) -> None:
    """Neither the text as given nor its normal form can be read off the mask, however short."""
    assume(any(character.isalnum() for character in text))
    shown = mask(document_type, text)
    assert text not in shown
    assert document_defect(document_type, text)[0] not in shown
    assert shown.isprintable()


@given(types, texts)
def test_a_mask_shows_at_most_half(document_type: DocumentType, text: str) -> None:
    """More is hidden than shown, and of a person's number at most one character is not."""
    revealed = len(mask(document_type, text).replace("***", ""))
    assert revealed * 2 <= len(document_defect(document_type, text)[0])
    assert revealed <= (1 if is_personal(document_type) or document_type is DocumentType.OTHER else 8)


def test_whose_documents_they_are() -> None:
    """Every type is a person's, an organisation's or unknown; what foreigners hold is not the mainland's."""
    personal = {kind for kind in DocumentType if is_personal(kind)}
    mainland = {kind for kind in DocumentType if is_mainland(kind)}
    assert personal & mainland == {DocumentType.ID_CARD, DocumentType.OFFICER_CARD}
    assert set(DocumentType) - personal - mainland == {DocumentType.FOREIGN_REGISTRATION, DocumentType.OTHER}
    assert DocumentType.PASSPORT in personal
