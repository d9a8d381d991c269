"""Codes that are right in form and impossible in fact: their region prefix 39 is not in use (GB/T 2260), the phone prefix 154 not given out."""

from keqiao.demo.dice import Dice

USCC_LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # GB 32100
USCC_WEIGHTS = tuple(pow(3, power, 31) for power in range(17))
ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)  # GB 11714
ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643
PATENT_WEIGHTS = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)
REGION = "39"


def uscc(region: str, dice: Dice, kind: str = "91") -> str:
    """统一社会信用代码 with both check digits. `kind`: 91 enterprise, 12 public institution, 51 association, 93 cooperative."""
    body = "MA" + "".join(dice.choice("0123456789ABCDEFGHJKLMNPQRTUWXY") for _ in range(6))
    rest = 11 - sum(int(char, 36) * weight for char, weight in zip(body, ORGANISATION_WEIGHTS, strict=True)) % 11
    first_17 = f"{kind}{region[:6]}{body}{'X' if rest == 10 else '0' if rest == 11 else rest}"
    total = sum(USCC_LETTERS.index(char) * weight for char, weight in zip(first_17, USCC_WEIGHTS, strict=True))
    return first_17 + USCC_LETTERS[(31 - total % 31) % 31]


def id_number(region: str, born: int, is_woman: bool, dice: Dice) -> str:
    """An identity number with its check digit."""
    order = dice.randint(0, 499) * 2 + (0 if is_woman else 1)
    first_17 = f"{region[:6]}{born}{dice.randint(1, 12):02d}{dice.randint(1, 28):02d}{order:03d}"
    return first_17 + "10X98765432"[sum(int(c) * w for c, w in zip(first_17, ID_WEIGHTS, strict=True)) % 11]


def phone(dice: Dice) -> str:
    return f"154{dice.randint(0, 99999999):08d}"


def bank_account(dice: Dice) -> str:
    return f"900039{dice.randint(0, 10**10 - 1):010d}"


def application_number(year: int, kind: str, order: int) -> str:
    """专利申请号 with its check digit; the running numbers from 9,000,000 are far above any given out."""
    first_12 = f"{year}{kind}{9_000_000 + order:07d}"
    rest = sum(int(char) * weight for char, weight in zip(first_12, PATENT_WEIGHTS, strict=True)) % 11
    return f"{first_12}.{'X' if rest == 10 else rest}"
