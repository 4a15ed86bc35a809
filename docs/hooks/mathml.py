"""TeX to MathML that browsers lay out well: what latex2mathml makes, mended where MathML Core has other rules."""

import re
from collections.abc import Iterator
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from latex2mathml.converter import convert
from latex2mathml.symbols_parser import convert_symbol

CHILDREN = {"mfrac": 2, "mroot": 2, "msub": 2, "msup": 2, "munder": 2, "mover": 2, "msubsup": 3, "munderover": 3}
SCRIPTED = {"msub", "msup", "msubsup", "munder", "mover", "munderover"}
RELATIONS = {"=", "<", ">", r"\le", r"\ge", r"\approx", r"\preceq"}
SUMS = {"+", "-"}
LONG, LONG_PIECE = 40, 25  # a formula of so many characters may be broken, a piece of so many also before a sign
OPEN = {"{", "(", "[", r"\lbrace", r"\langle", r"\lVert", r"\lvert", r"\begin", r"\left"}
CLOSE = {"}", ")", "]", r"\rbrace", r"\rangle", r"\rVert", r"\rvert", r"\end", r"\right"}
TOKEN = re.compile(r"\\[A-Za-z]+|\\.|.", re.DOTALL)
# the other double letters follow each other in Unicode
DOUBLE = {"C": "ℂ", "H": "ℍ", "N": "ℕ", "P": "ℙ", "Q": "ℚ", "R": "ℝ", "Z": "ℤ"}
THIN = "0.1667em"
BEFORE_OWN_SIGN = "({[⟨,;=<>≤≥≈∈"  # behind these a sign is that of a number


class UnknownFormula(ValueError):
    """TeX that cannot be turned into MathML whole; the message holds it."""


def mathml(tex: str, *, large: bool = False, continued: bool = False) -> str:
    """The formula as one <math> element. Raises UnknownFormula if any of its TeX would be left.

    large      as on a line of its own
    continued  whether it goes on with another, so that a sign it begins with is no sign of its own
    """
    tokens = TOKEN.findall(tex)
    if tokens.count("{") != tokens.count("}"):
        raise UnknownFormula(f"{tex}: its braces do not match")
    try:
        math = ElementTree.fromstring(convert(tex, xmlns="", display="block" if large else "inline"))
    except Exception as error:  # each mistake in TeX has a kind of its own
        raise UnknownFormula(f"{tex}: {error!r}") from error
    for name in ("xmlns", "display"):
        math.attrib.pop(name, None)
    if large:
        math.set("displaystyle", "true")
    if continued:
        math[0][0].set("form", "infix")
    for parent in list(math.iter()):
        _mend(parent)
        if large and parent.tag == "msub" and parent[0].text in ("min", "max", "sup"):
            parent.tag = "munder"
    for element in math.iter():
        text = element.text or ""
        if "\\" in text or "$" in text or len(element) != CHILDREN.get(element.tag, len(element)):
            raise UnknownFormula(f"{text or element.tag} in {tex}")
        if element.get("mathvariant", "normal") != "normal":
            raise UnknownFormula(f"{element.get('mathvariant')} letters in {tex}")
    return ElementTree.tostring(math, encoding="unicode")


def pieces(tex: str) -> Iterator[str]:
    """A long formula, to be broken before relations, and signs, that stand in no bracket."""
    depth, piece, norm = 0, "", False
    for token in TOKEN.findall(tex):
        depth += (token in OPEN) - (token in CLOSE)
        norm ^= token == r"\Vert"  # opens and closes
        breaks = token in RELATIONS or (token in SUMS and len(piece) > LONG_PIECE)
        if breaks and len(tex) > LONG and depth == 0 and not norm and piece.strip() and piece[-1] not in "_^":
            yield piece
            piece = ""
        piece += token
    yield piece


def _mend(parent: Element) -> None:
    for k, child in enumerate(parent):
        _mend_letters(child)
        text = child.text or ""
        if child.tag == "mspace" and child.get("width") == "thinmathspace":
            child.set("width", THIN)
        if child.tag == "mo" and "minsize" in child.attrib:  # \Big and its like; the name of a bracket is left as TeX
            point = convert_symbol(text) if text.startswith("\\") else None
            child.text = chr(int(point, 16)) if point else text
            child.attrib |= {"stretchy": "true", "symmetric": "true", "lspace": "0", "rspace": "0"}
            if parent.tag in ("msub", "msup", "msubsup"):  # there nothing is stretched, but in a row of its own
                row = Element("mrow")
                row.extend([Element("mspace", {"width": "0"}), child])
                parent[k] = row
        elif child.tag == "mo" and text in ("‖", "|", "/"):
            child.attrib |= {"stretchy": "false", "lspace": "0", "rspace": "0"}
        elif child.tag == "mo" and text in "+−" and k and (parent[k - 1].text or " ") in BEFORE_OWN_SIGN:
            child.attrib |= {"form": "prefix", "lspace": "0", "rspace": "0"}
        _space(child, parent, k)


def _space(child: Element, parent: Element, k: int) -> None:
    """Thin spaces around the name of a function, with what stands below or above it, but none towards a bracket."""
    name = child[0] if child.tag in SCRIPTED else child
    _mend_letters(name)
    if name.tag != "mo" or not (name.text or "").isalpha() or len(name.text or "") < 2 or parent.tag in SCRIPTED:
        return
    before, after = parent[k - 1] if k else None, parent[k + 1] if k + 1 < len(parent) else None
    near = before is None or (before.tag in ("mo", "mspace") and (before.text or "") not in (")", "]", "|", "‖"))
    name.set("lspace", "0" if near else THIN)
    name.set("rspace", "0" if after is None or (after.text or "") in ("(", "[") else THIN)


def _mend_letters(child: Element) -> None:
    """Names of functions are operators, relations are, and double letters have code points of their own."""
    letters = [e.text or "" for e in child if e.tag == "mi" and e.get("mathvariant") == "normal"]
    if child.tag == "mrow" and len(letters) == len(child) > 1:
        child[:] = []
        child.tag, child.text = "mo", "".join(letters)
    text = child.text or ""
    if child.tag == "mi" and (text in "⪯⪰~:;" or (text.isalpha() and len(text) > 1)):
        child.tag, child.text = "mo", "∼" if text == "~" else text
    elif text == "⧵":  # in few fonts
        child.text = "∖"
    elif child.get("mathvariant") == "double-struck" and text.isalpha() and text.isascii() and text.isupper():
        child.text = DOUBLE.get(text, chr(0x1D538 + ord(text) - ord("A")))
        child.set("mathvariant", "normal")


def broken(tex: str, *, large: bool = False) -> list[str]:
    """The pieces of a formula as MathML; between two of them a line may end."""
    return [mathml(piece, large=large, continued=k > 0) for k, piece in enumerate(pieces(tex))]
