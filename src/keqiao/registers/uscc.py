"""统一社会信用代码 (unified social credit code), GB 32100-2015: form and check digits."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
WEIGHTS = tuple(pow(3, power, 31) for power in range(17))
ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


def check_form(code: str) -> None:
    """Raises ValidationError unless the text is 18 characters of the standard's alphabet."""
    if len(code) != 18:
        raise ValidationError(
            _("统一社会信用代码应为 18 位（旧的 15 位注册号、9 位组织机构代码不再使用）"), code="uscc_length"
        )
    if set(code) - set(ALPHABET):
        raise ValidationError(_("统一社会信用代码只含数字和大写字母，且不含 I、O、S、V、Z"), code="uscc_alphabet")


def check_digit(code: str) -> str:
    """The 18th character that GB 32100 computes from the first 17.

    >>> check_digit("91350100M000100Y4")
    '3'
    """
    total = sum(ALPHABET.index(char) * weight for char, weight in zip(code[:17], WEIGHTS, strict=True))
    return ALPHABET[(31 - total % 31) % 31]


def has_valid_check_digit(code: str) -> bool:
    """Whether the last character fits. A few codes in real use do not: ask, don't refuse.

    >>> has_valid_check_digit("91350100M000100Y43"), has_valid_check_digit("91350211M0000XUF46")
    (True, False)
    """
    return len(code) == 18 and not set(code) - set(ALPHABET) and code[17] == check_digit(code)


def organisation_check_digit(code: str) -> str:
    """The 17th character: the check digit of GB 11714 over characters 9 to 16.

    >>> organisation_check_digit("11320000MB151840XJ")
    'X'
    """
    rest = 11 - sum(int(char, 36) * weight for char, weight in zip(code[8:16], ORGANISATION_WEIGHTS, strict=True)) % 11
    return "X" if rest == 10 else "0" if rest == 11 else str(rest)


def complete(first_17: str) -> str:
    """A code with its check digit: for generated data and tests."""
    return first_17 + check_digit(first_17)
